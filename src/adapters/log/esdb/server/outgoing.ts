import type { ServerDuplexStream, ServerWritableStream, ServiceError } from '@grpc/grpc-js';

/** The answers of a streaming call, written no faster than the client takes them. */
export type Outgoing<A> = {
  /** Resolves when there is room for another; false when nobody listens any more. */
  write(answer: A): Promise<boolean>;
  end(): void;
  fail(error: ServiceError): void;
  readonly isOver: () => boolean;
  /** Called once, when the client has gone or the server closes. */
  onOver(listener: () => void): void;
};

// biome-ignore lint/suspicious/noExplicitAny: the request's type is of no matter here
type Call<A> = ServerWritableStream<any, A> | ServerDuplexStream<any, A>;

/** @param closing ends the call with this error */
export const outgoingOf = <A>(call: Call<A>, closing: AbortSignal, closed: () => ServiceError): Outgoing<A> => {
  let isOver = false;
  /** Writers that wait for room: several answers of one call may be on their way. */
  const waiting: (() => void)[] = [];
  const goOn = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const listeners: (() => void)[] = [];
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    closing.removeEventListener('abort', onClosing);
    for (const listener of listeners.splice(0)) listener();
    goOn();
  };
  const fail = (error: ServiceError): void => {
    if (isOver) return;
    over();
    call.emit('error', error);
  };
  const onClosing = (): void => fail(closed());
  closing.addEventListener('abort', onClosing);
  call.on('cancelled', over);
  call.on('close', over);
  call.on('drain', goOn);
  return {
    write: async (answer) => {
      if (isOver) return false;
      if (call.write(answer)) return true;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return !isOver;
    },
    end: () => {
      if (isOver) return;
      over();
      call.end();
    },
    fail,
    isOver: () => isOver,
    onOver: (listener) => {
      if (isOver) listener();
      else listeners.push(listener);
    },
  };
};
