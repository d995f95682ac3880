/** Facts stand in an archive that can't be read now; the message names the file. */
export class ArchiveUnreachable extends Error {
  override name = 'ArchiveUnreachable';
}
