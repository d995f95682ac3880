/** A self-signed certificate for a name that is never asked, and its key: made for these tests, worth nothing elsewhere. */
export const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgia1gs5RqUBxO16mq
loO1rwxIReeTesdX5byj5X2hJvChRANCAASe/Ynz/2UH3AlTnntG4yZh/UgLKF6a
GxScknVur5wlyKyTsetc2Wqsvz+lptn3lYIAepSnYH4A/lmq8zFqcGm5
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIUVmL2HmynHzQAhZaZcfmdssxK/XkwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwObm9ib2R5LmludmFsaWQwIBcNMjYxMTIxMDA0NTA1WhgPMjEy
NjEwMjgwMDQ1MDVaMBkxFzAVBgNVBAMMDm5vYm9keS5pbnZhbGlkMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEnv2J8/9lB9wJU557RuMmYf1ICyhemhsUnJJ1bq+c
Jcisk7HrXNlqrL8/pabZ95WCAHqUp2B+AP5ZqvMxanBpuaNuMGwwHQYDVR0OBBYE
FBv+a/1uSKc/R0NlsSRWfN1weKkjMB8GA1UdIwQYMBaAFBv+a/1uSKc/R0NlsSRW
fN1weKkjMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIObm9ib2R5LmludmFs
aWQwCgYIKoZIzj0EAwIDRwAwRAIgKqPiL9yZL2i2O9OB/oWvg2ZZfWrFdShj2UOb
nfrAWWECIFZJYCgIQqWwvDam2YXBI/+u4+2RFXVV5fNZb1794FGk
-----END CERTIFICATE-----
`,
};
