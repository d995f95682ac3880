import { parseDocument } from 'yaml';
import { isObject } from '../../../../domain/app/definition/readers.ts';

export type ComposeFile = Readonly<Record<string, unknown>>;

/**
 * The content of a compose file: YAML with anchors, aliases and merge keys.
 * @returns the reason, with its line, where it is none.
 */
export const composeFileIn = (text: string): ComposeFile | string => {
  const document = parseDocument(text, { merge: true, stringKeys: true, logLevel: 'silent' });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong !== undefined) return wrong.message.replace(/\n[\s\S]*$/, '').replace(/:$/, '');
  try {
    const content: unknown = document.toJS();
    if (!isObject(content) || !isObject(content.services)) return 'it has no services';
    return content;
  } catch (error) {
    // Aliases of aliases, which would grow beyond any measure.
    return (error as Error).message;
  }
};
