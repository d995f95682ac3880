import { type AsyncApiOptions, asyncApiOf } from './asyncapi.ts';
import { factVersions, type JsonSchema, schemaDocument } from './schemas.ts';

/** What events look like, for whoever serves or prints it; each document is made when somebody asks first. */
export const eventDescription = (options: AsyncApiOptions) => {
  let document: JsonSchema | undefined;
  return {
    asyncApi: (): object => {
      document ??= asyncApiOf(options);
      return document;
    },
    schemas: factVersions().map(({ wireName }) => wireName),
    schema: schemaDocument,
  };
};
