/**
 * Whether a text reaches for a host of this name, as far as one can tell: `db:5432`, `tcp://db`, `user@db/x`, or the name alone in a
 * variable that is named for a host.
 */
export const namesHost = (text: string, host: string, variable = ''): boolean => {
  const name = host.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if (new RegExp(`(^|[\\s,;=/@"'])${name}:\\d+([^\\d:]|$)`).test(text) || new RegExp(`(//|@)${name}([/?,;\\s"']|$)`).test(text))
    return true;
  return text === host && /(HOST|HOSTNAME|ADDR|ADDRESS|SERVER|URL|ENDPOINT)(_|S?$)/i.test(variable);
};
