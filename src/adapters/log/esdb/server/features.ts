import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import FeaturesMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import type { Service } from './rpcs.ts';

const { SupportedMethod, SupportedMethods } = FeaturesMessages;

/** The version of EventStoreDB whose protocol this is. */
const PROTOCOL_VERSION = '23.10.0';

/** Tells clients which methods there are. @param services all of them */
export const featuresService = (services: () => readonly Service[]): Service => {
  const getSupportedMethods: handleUnaryCall<SharedMessages.Empty, FeaturesMessages.SupportedMethods> = (_call, callback) => {
    const methods = services().flatMap(({ definition, features = {} }) =>
      Object.values(definition).map(({ path }) => {
        const [, service = '', method = ''] = path.toLowerCase().split('/');
        return new SupportedMethod()
          .setServiceName(service)
          .setMethodName(method)
          .setFeaturesList([...(features[method] ?? [])]);
      }),
    );
    callback(null, new SupportedMethods().setEventStoreServerVersion(PROTOCOL_VERSION).setMethodsList(methods));
  };
  return { definition: ServerFeaturesService, implementation: { getSupportedMethods }, isOpen: true };
};
