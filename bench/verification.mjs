// The verification of an assertion's signature in process, next to node:crypto's bare verify.
//
//   npm run bench:authentication -- --only verification
import { createPublicKey, verify } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { JoseVerificationKeyFactory } from '../dist/jose/jose-verification-key.factory.js';
import { signAssertion } from './clients.mjs';
import { median, microseconds } from './load.mjs';

const COUNT = 2000;

async function caseFor(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const token = await signAssertion({
    issuer: 'https://issuer.example',
    id: 'bench',
    header: { alg },
    key: privateKey,
  });
  const dot = token.lastIndexOf('.');
  const input = Buffer.from(token.slice(0, dot));
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  const key = new JoseVerificationKeyFactory().load(jwk);
  const bare = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  return {
    alg,
    runs: [],
    kit: async () => requireTrue(await key.verify(alg, input, signature)),
    bare: async () => requireTrue(verify('sha256', input, bare, signature)),
  };
}

function requireTrue(verified) {
  if (verified !== true) throw new Error('An assertion was not verified.');
}

async function round({ kit, bare }) {
  const one = await microseconds(COUNT, 1, kit);
  const before = process.cpuUsage();
  const many = await microseconds(COUNT, 32, kit);
  const { user, system } = process.cpuUsage(before);
  return { one, many, cpu: (user + system) / COUNT, bare: await microseconds(COUNT, 1, bare) };
}

export async function measureVerification(rounds) {
  const cases = [await caseFor('ES256'), await caseFor('RS256')];
  for (const each of cases) await round(each);
  for (let count = 1; count <= rounds; count++) {
    for (const each of cases) each.runs.push(await round(each));
  }
  return cases.map(({ alg, runs }) => ({
    algorithm: alg,
    'kit µs': Math.round(median(runs, 'one')),
    'kit µs, 32 in flight': Math.round(median(runs, 'many')),
    'kit CPU µs': Math.round(median(runs, 'cpu')),
    'node:crypto µs': Math.round(median(runs, 'bare')),
    'kit ÷ node:crypto': (median(runs, 'one') / median(runs, 'bare')).toFixed(2),
  }));
}
