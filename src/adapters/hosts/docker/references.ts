import type { RegistryCredentials } from '../../../domain/ports/hosts.ts';

/** An image reference taken apart by the rules of the distribution project's reference grammar. */
export type ImageReference = {
  /** Host and port of the registry; Docker's own where the reference names none. */
  readonly registry: string;
  /** Registry and path as written. */
  readonly repository: string;
  /** Tag or `sha256:` digest; `latest` where the reference has neither. */
  readonly tag: string;
};

export const DEFAULT_REGISTRY = 'docker.io';

export const parseReference = (image: string): ImageReference => {
  const at = image.indexOf('@');
  const named = at < 0 ? image : image.slice(0, at);
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const registry = first === 'localhost' || /[.:]/.test(first) ? first : DEFAULT_REGISTRY;
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = at >= 0 ? image.slice(at + 1) : colon < 0 ? 'latest' : named.slice(colon + 1);
  return { registry, repository, tag };
};

/** An image's own id (whole, or the 12 digits that people copy) is on the engine or nowhere: no registry can be asked for it. */
export const isImageId = (image: string): boolean => /^(sha256:)?[0-9a-f]{64}$/.test(image) || /^[0-9a-f]{12}$/.test(image);

/** What dockerode turns into `X-Registry-Auth`. */
export const authConfigOf = (
  { username, password, serverAddress }: RegistryCredentials,
  registry: string,
): { readonly username: string; readonly password: string; readonly serveraddress: string } => ({
  username,
  password,
  serveraddress: serverAddress ?? registry,
});
