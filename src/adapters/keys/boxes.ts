import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A box was made with another secret, or is not whose it says. */
export class WrongSecret extends Error {
  override name = 'WrongSecret';
}

/** Puts keys into boxes: AES-256-GCM (NIST SP 800-38D), bound to the key's id and subject; base64 of nonce, tag and ciphertext. */
export type Boxes = {
  close(id: string, subject: string, key: Uint8Array): string;
  /** @throws WrongSecret */
  open(id: string, subject: string, box: string): Buffer;
};

export const boxesOf = (exchangeKey: Uint8Array): Boxes => ({
  close: (id, subject, key) => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', exchangeKey, iv).setAAD(boundTo(id, subject));
    const text = Buffer.concat([cipher.update(key), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
  },
  open: (id, subject, box) => {
    const bytes = Buffer.from(box, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', exchangeKey, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(id, subject)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    } catch {
      throw new WrongSecret(
        `the key ${id} of ${subject} was shared under another secret: --cluster-secret is not that of the engines whose log this is`,
      );
    }
  },
});

/** An id has a fixed form, so the line end parts it from any subject. */
const boundTo = (id: string, subject: string): Buffer => Buffer.from(`${id}\n${subject}`);
