#!/bin/sh
# The tiny parent of one native process. It outlives the engine: it holds a lock on the instance, writes down who the
# application is before it begins, owns its output, waits for it, and leaves a record of how it ended.
#
#   shim.sh probe <cgroup parent>       says what this host can do, as key=value lines
#   shim.sh start <dir> <staging>       starts the application at most once; says `started`, `already`, `busy` or `failed <why>`
#   shim.sh tell  <dir> <signal>        signals everything that belongs to the instance; one that never began never will
#   shim.sh sweep <dir>                 removes the instance's cgroups and whatever still runs in them
#   shim.sh exec  <dir> <argv…>         runs a command beside the application: same sandbox, environment, user and cgroup
# Within itself: wait, rotate, app, finish.
#
# Files of <dir>: lock (held while the shim lives), launch (written by the engine: settings, and the functions environment,
# run_as and run_app), shim and app (`<pid> <start time in ticks> <boot id>`), exit (`code|signal|none <number> <oom 0|1>`,
# renamed into place), output/, sandbox/.
# Needs: a POSIX shell, awk, setsid and flock. No engine, no Node.
set -u
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
WH_SHIM=${WH_SHIM:-$0}
export PATH WH_SHIM

# Attempts, 20 ms apart, at emptying a cgroup whose members keep forking.
KILL_ATTEMPTS=50
# Seconds that the exit record waits for the last lines of output to be written.
DRAIN_SECONDS=1
# KiB of memory that a rotator may use; only a line without end reaches it.
ROTATOR_KIB=262144

fail() { echo "failed $*"; exit 1; }

# write <file> <text>: tries to write a kernel file; quiet where it may not.
write() { { echo "$2" > "$1"; } 2>/dev/null; }

# Sets `identity` for this very shell. Field 22 of /proc/<pid>/stat survives exec, and with the boot id it outlaws pid reuse.
identify() {
  read -r stat < /proc/self/stat
  stat=${stat##*) }
  read -r boot < /proc/sys/kernel/random/boot_id
  identity="$$ $(field20 $stat) $boot"
}
field20() { echo "${20-}"; }

# join <dir…>: moves this shell, and what it becomes, into the given cgroups.
join() { for group in "$@"; do write "$group/cgroup.procs" $$ || return 1; done; }

# ---------------------------------------------------------------------------------------------------------------- probe
probe() {
  parent=$1
  for tool in awk setsid flock mkfifo; do command -v "$tool" > /dev/null || echo "missing=$tool"; done
  # mawk reads a pipe in whole blocks unless told otherwise; other awks would warn about the flag.
  case $(awk -W version 2>&1 < /dev/null) in mawk*) echo 'awk_flags=-W interactive' ;; *) echo 'awk_flags=' ;; esac
  # Only some awks tell a signal (256 + n) from an exit code.
  [ "$(awk 'BEGIN { print system("kill -9 $$") }' 2>/dev/null)" = 265 ] && echo 'tells_signals=1' || echo 'tells_signals=0'
  setpriv=$(command -v setpriv) && "$setpriv" --help 2>&1 | grep -q reuid && echo "setpriv=$setpriv"
  [ -n "$parent" ] || return 0
  cgroups=${WH_CGROUP_ROOT:-/sys/fs/cgroup}
  if [ -e "$cgroups/cgroup.controllers" ]; then
    unified "$cgroups" "$parent" 2>/dev/null && echo "cg_v2=$cgroups/$parent"
    return 0
  fi
  for controller in cpu cpuacct memory freezer; do
    mkdir -p "$cgroups/$controller/$parent" 2>/dev/null && [ -w "$cgroups/$controller/$parent/cgroup.procs" ] &&
      echo "cg_$controller=$cgroups/$controller/$parent"
  done
  return 0
}

# cgroup v2: controllers are handed down one level at a time, and only to groups that hold no process.
unified() {
  mkdir -p "$1/$2/shims" || return 1
  level=$1
  rest=$2/
  while :; do
    write "$level/cgroup.subtree_control" '+cpu +memory' || return 1
    [ -n "$rest" ] || return 0
    level=$level/${rest%%/*}
    rest=${rest#*/}
  done
}

# ---------------------------------------------------------------------------------------------------------------- start
start() {
  cd "$1" 2>/dev/null || fail "no directory $1"
  exec 9>> lock
  flock -n 9 || { echo busy; exit 0; }
  if [ -s app ] || [ -e exit ]; then echo already; exit 0; fi
  # A start that was cut short left no app record: what it had put in place is replaced.
  if [ -e sandbox ] || [ -e launch ] || [ -e output ]; then rm -rf sandbox output launch spec.json; fi
  mv "$2"/* . || fail 'the prepared files could not be moved into place'
  . ./launch
  limit || exit 1
  # Where one cgroup holds for everything (v2), the shim leaves the engine's, so that what ends the engine's does not end the shim. The
  # limits are for the application alone. Under v1 the move would only cost a grace period of the kernel's.
  [ -z "$cg_shims" ] || join "$cg_shims"
  identify
  echo "$identity" > shim
  # The room for the exit record is taken now: a full disk must not make it unknown how the application ended.
  echo '                                ' > exit.new || fail 'the disk is full'
  mkfifo -m 600 output/.stdout output/.stderr || fail 'no pipe for the output'
  exec 8> output/.lock
  flock 8
  exec 7>&1
  rotate stdout < output/.stdout > /dev/null 2>&1 7>&- 9>&- &
  rotate stderr < output/.stderr > /dev/null 2>&1 7>&- 9>&- &
  exec > /dev/null 2>&1 8>&- < /dev/null
  # awk is the one standard tool that tells an exit code from a signal; it replaces this shell and waits.
  exec awk -v tells="$tells_signals" 'BEGIN {
    status = system("exec setsid sh \"$WH_SHIM\" app > output/.stdout 2> output/.stderr" (tells ? "" : "; exit $?"))
    if (status >= 256) { kind = "signal"; number = (status % 256) }
    else if (status > 0 && status < 1) { kind = "signal"; number = status * 256 }
    else if (!tells && status > 128 && status < 160) { kind = "signal"; number = status - 128 }
    else { kind = "code"; number = status }
    system("exec sh \"$WH_SHIM\" finish " kind " " number)
  }'
}

limit() {
  # Twice: an engine that closes may take away the empty parent just then.
  [ -z "$cg_own" ] || mkdir -p $cg_own $cg_shims 2>/dev/null || mkdir -p $cg_own $cg_shims 2>/dev/null || fail 'its cgroup could not be made'
  if [ -n "$cg_cpu" ] && [ -n "$cpu_quota_us" ]; then
    write "$cg_cpu/cpu.cfs_period_us" "$cpu_period_us" && write "$cg_cpu/cpu.cfs_quota_us" "$cpu_quota_us" || fail 'its cpu limit could not be set'
  fi
  if [ -n "$cg_memory" ] && [ -n "$memory_bytes" ]; then
    write "$cg_memory/memory.limit_in_bytes" "$memory_bytes" || fail 'its memory limit could not be set'
    write "$cg_memory/memory.memsw.limit_in_bytes" "$memory_bytes"
  fi
  if [ -n "$cg_v2" ]; then
    [ -z "$cpu_quota_us" ] || write "$cg_v2/cpu.max" "$cpu_quota_us $cpu_period_us" || fail 'its cpu limit could not be set'
    if [ -n "$memory_bytes" ]; then
      write "$cg_v2/memory.max" "$memory_bytes" || fail 'its memory limit could not be set'
      write "$cg_v2/memory.swap.max" 0
    fi
  fi
  return 0
}

# Writes lines with the second they came at. A full disk ends awk, not the pipe: the application keeps running, and lines are lost
# only until there is room again.
rotate() {
  ulimit -v $ROTATOR_KIB 2>/dev/null
  cd output || exit 1
  until LC_ALL=C awk $awk_flags -v name="$1" -v size="$(wc -c 2>/dev/null < "$1" || echo 0)" -v most="$rotate_bytes" -v files="$rotate_files" '
    { line = systime() " " $0; print line >> name; fflush(name)
      size += length(line) + 1
      if (size >= most) {
        close(name)
        moves = ""
        for (i = files - 1; i > 1; i--) moves = moves "[ ! -e " name "." (i - 1) " ] || mv -f " name "." (i - 1) " " name "." i ";"
        system(moves (files > 1 ? "mv -f " name " " name ".1" : "rm -f " name))
        size = 0
      }
    }'
  do sleep 1; done
}

# -------------------------------------------------------------------------------------------------------- the application
app() {
  . ./launch
  [ -z "$cg_own" ] || join $cg_own || exit 126
  identify
  echo "$identity" > app
  # The engine may be gone by now; its broken pipe must not end the application.
  (trap '' PIPE; echo "started $identity" >&7) 2>/dev/null
  run_app
}

# Called by the launch file's run_as: turns this shell into "$@", in the sandbox, with exactly the given environment.
become() {
  cd sandbox || exit 126
  unset WH_SHIM WH_CGROUP_ROOT PATH PWD OLDPWD
  environment
  exec 7>&- 8>&- 9>&-
  exec "$@"
}

finish() {
  . ./launch
  kill_all
  oom=0
  oom_killed && case "$1 $2" in 'signal 9' | 'code 137') oom=1 ;; esac
  flock -w $DRAIN_SECONDS output/.lock true
  ended "$1" "$2" $oom
  [ -z "$cg_own" ] || rmdir $cg_own 2>/dev/null
}

# ended <kind> <number> <oom>: the record appears whole or not at all; the touched hint wakes the engine, if there is one.
ended() {
  echo "$1 $2 $3" 1<> exit.new && mv -f exit.new exit
  { : > "../.hints/${PWD##*/}"; } 2>/dev/null
}

oom_killed() {
  if [ -n "$cg_v2" ]; then counts=$cg_v2/memory.events; elif [ -n "$cg_memory" ]; then counts=$cg_memory/memory.oom_control; else return 1; fi
  while read -r key count; do [ "$key" != oom_kill ] || [ "$count" = 0 ] || return 0; done < "$counts"
  return 1
}

# --------------------------------------------------------------------------------------------------------------- signals
# Sets `members`: every process of the instance. By cgroup where there is one, which also finds those that left the session.
find_members() {
  members=
  if [ -n "$cg_tree" ]; then
    [ -d "$cg_tree" ] || return 0
    while read -r pid; do members="$members $pid"; done 2>/dev/null < "$cg_tree/cgroup.procs"
    return 0
  fi
  read -r leader began booted < app 2>/dev/null || return 0
  read -r boot < /proc/sys/kernel/random/boot_id
  [ "$boot" = "$booted" ] || return 0
  if read -r stat 2>/dev/null < "/proc/$leader/stat"; then
    stat=${stat##*) }
    # The number belongs to somebody else by now, so the session is gone.
    [ "$(field20 $stat)" = "$began" ] || return 0
  fi
  # awk is quick to look through them all; a name with a line break could lead it astray, so each it finds is looked at alone.
  for each in $(cat /proc/[0-9]*/stat 2>/dev/null | awk -v session="$leader" '{ pid = $1; sub(/^.*\) /, ""); if ($4 == session) print pid }'); do
    read -r stat 2>/dev/null < "/proc/$each/stat" || continue
    stat=${stat##*) }
    in_session "$leader" $stat && members="$members $each"
  done
}
# in_session <leader> <state> <ppid> <pgrp> <session> …; the dead don't count.
in_session() { [ "${5-}" = "$1" ] && [ "$2" != Z ] && [ "$2" != X ]; }

kill_all() {
  if [ -n "$cg_v2" ] && write "$cg_v2/cgroup.kill" 1; then :; fi
  attempt=0
  while find_members; [ -n "$members" ] && [ $attempt -lt $KILL_ATTEMPTS ]; do
    # Frozen processes can't fork away from the signal.
    [ -z "$cg_freezer" ] || write "$cg_freezer/freezer.state" FROZEN
    find_members
    [ -z "$members" ] || kill -s KILL $members 2>/dev/null
    [ -z "$cg_freezer" ] || write "$cg_freezer/freezer.state" THAWED
    attempt=$((attempt + 1))
    sleep 0.02
  done
}

tell() {
  cd "$1" 2>/dev/null || exit 0
  exec 9>> lock
  if flock -n 9; then
    # Nobody waits for it: it never began, or its shim was killed.
    if [ ! -s app ]; then [ -e exit ] || ended none 0 0; exit 0; fi
  fi
  exec 9>&-
  [ -e launch ] || exit 0
  . ./launch
  if [ "$2" = KILL ]; then kill_all; exit 0; fi
  find_members
  [ -z "$members" ] || kill -s "$2" $members 2>/dev/null
  exit 0
}

sweep() {
  cd "$1" 2>/dev/null && [ -e launch ] || exit 0
  . ./launch
  [ -e exit ] || kill_all
  [ -z "$cg_own" ] || rmdir $cg_own 2>/dev/null
  exit 0
}

beside() {
  cd "$1" || exit 126
  shift
  . ./launch
  [ -z "$cg_own" ] || join $cg_own || exit 126
  run_as "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
  probe) probe "$@" ;;
  start) start "$@" ;;
  app) app ;;
  finish) finish "$@" ;;
  tell) tell "$@" ;;
  sweep) sweep "$@" ;;
  exec) beside "$@" ;;
  *) echo 'shim.sh: probe, start, tell, sweep or exec' >&2; exit 2 ;;
esac
