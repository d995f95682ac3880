/**
 * A program that does nothing for ever, as bytes: a pod's network needs a process to live in, and no image is sure to have one that sleeps. It
 * is written out here rather than compiled, so that it is the same everywhere and there is nothing to build or to trust but what stands below.
 */

type Machine = { readonly elf: number; readonly code: readonly number[] };

/** Instruction words of 32 bits, least byte first. */
const words = (...each: readonly number[]): readonly number[] =>
  each.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, (word >>> 24) & 0xff]);

/** By the engine's name for the architecture. `elf` is e_machine of elf(5). */
const MACHINES: Readonly<Record<string, Machine>> = {
  amd64: {
    elf: 62,
    code: [
      // mov eax, 34 (pause)
      ...[0xb8, 0x22, 0x00, 0x00, 0x00],
      // syscall
      ...[0x0f, 0x05],
      // jmp back to the beginning, 9 bytes
      ...[0xeb, 0xf7],
    ],
  },
  arm64: {
    elf: 183,
    // There is no pause here: ppoll(no descriptors, none of them, no end, no mask).
    code: words(
      0xd2800000, // mov x0, 0
      0xd2800001, // mov x1, 0
      0xd2800002, // mov x2, 0
      0xd2800003, // mov x3, 0
      0xd2800004, // mov x4, 0
      0xd2800928, // mov x8, 73 (ppoll)
      0xd4000001, // svc 0
      0x17fffff9, // b back to the beginning, 7 instructions
    ),
  },
};

export const PAUSE_ARCHITECTURES: readonly string[] = Object.keys(MACHINES);

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const LOADED_AT = 0x400000n;
/** The largest page of either architecture, bytes. */
const ALIGNED_TO = 0x10000n;

/** A static ELF executable of less than 200 bytes: header, one segment, code. Undefined for an architecture that we can't write for. */
export const pauseProgram = (architecture: string): Buffer | undefined => {
  const machine = Object.hasOwn(MACHINES, architecture) ? MACHINES[architecture] : undefined;
  if (machine === undefined) return undefined;
  const headers = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const size = headers + machine.code.length;
  const program = Buffer.alloc(size);
  // 64 bits, least byte first, version 1, System V.
  program.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  // An executable.
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(machine.elf, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(LOADED_AT + BigInt(headers), 24);
  program.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32);
  program.writeUInt16LE(ELF_HEADER_BYTES, 52);
  program.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  program.writeUInt16LE(1, 56);
  // Its one segment, to be loaded, read and executed: the whole file.
  const at = ELF_HEADER_BYTES;
  program.writeUInt32LE(1, at);
  program.writeUInt32LE(5, at + 4);
  program.writeBigUInt64LE(LOADED_AT, at + 16);
  program.writeBigUInt64LE(LOADED_AT, at + 24);
  program.writeBigUInt64LE(BigInt(size), at + 32);
  program.writeBigUInt64LE(BigInt(size), at + 40);
  program.writeBigUInt64LE(ALIGNED_TO, at + 48);
  program.set(machine.code, headers);
  return program;
};
