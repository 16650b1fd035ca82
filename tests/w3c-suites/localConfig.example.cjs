// Points a checkout of a test suite of the W3C at a running `idos issuer serve`: see README.md. The
// ids are the ones that the server prints when it starts.
const baseUrl = process.env.BASE_URL || 'http://127.0.0.1:8492';
const ids = {
  ed25519: process.env.ID_ED25519,
  p256: process.env.ID_P256,
  bbs: process.env.ID_BBS
};

const issuer = (id, cryptosuite, more) => ({
  id,
  endpoint: `${baseUrl}/credentials/issue`,
  method: 'POST',
  supports: {vc: ['2.0']},
  // The suite decides what is signed by; without it, the server's --suite.
  options: {cryptosuite},
  ...more
});
const verifier = (path, tags, more) => ({
  id: `${baseUrl}${path}`,
  endpoint: `${baseUrl}${path}`,
  method: 'POST',
  supports: {vc: ['2.0']},
  tags,
  ...more
});

const implementation = {
  name: 'idOS',
  implementation: 'idos issuer serve',
  issuers: [
    issuer(ids.ed25519, 'eddsa-rdfc-2022', {
      tags: ['vc2.0', 'eddsa-rdfc-2022', 'BitstringStatusList', 'localhost']
    }),
    issuer(ids.ed25519, 'eddsa-jcs-2022', {tags: ['eddsa-jcs-2022', 'localhost']}),
    issuer(ids.p256, 'ecdsa-rdfc-2019', {
      tags: ['ecdsa-rdfc-2019', 'P-256', 'localhost'],
      supportedEcdsaKeyTypes: ['P-256']
    }),
    issuer(ids.bbs, 'bbs-2023', {tags: ['bbs-2023', 'localhost']})
  ],
  verifiers: [
    verifier(
      '/credentials/verify',
      [
        'vc2.0', 'eddsa-rdfc-2022', 'eddsa-jcs-2022', 'ecdsa-rdfc-2019', 'bbs-2023',
        'BitstringStatusList', 'localhost'
      ],
      {supportedEcdsaKeyTypes: ['P-256', 'P-384']}
    )
  ],
  vpVerifiers: [verifier('/presentations/verify', ['vc2.0', 'localhost'])]
};

module.exports = {
  settings: {enableInteropTests: false, testAllImplementations: false},
  implementations: [implementation]
};
