import { accessTokenContract } from './access-token.contract.js';
import { auditLogContract } from './audit-log.contract.js';
import { clientChangeContract } from './client-change.contract.js';
import { clientPageContract } from './client-page.contract.js';
import { clientSecretContract } from './client-secret.contract.js';
import { clientWriteContract } from './client-write.contract.js';
import { clientContract } from './client.contract.js';
import { contractTest, type ContractRunner, type OpenPersistence } from './contract-runner.js';
import { failureCountContract } from './failure-count.contract.js';
import { registrationTokenContract } from './registration-token.contract.js';
import { resourceServerContract } from './resource-server.contract.js';
import { revokedTokenContract } from './revoked-token.contract.js';
import { secretReplacementContract } from './secret-replacement.contract.js';
import { signingKeyContract } from './signing-key.contract.js';
import { usedIdentifierContract } from './used-identifier.contract.js';

/**
 * Everything that the kit relies on in a `Persistence`, as tests for the host's own runner:
 *
 * ```ts
 * persistenceContract({ describe, it }, async () => ({ persistence: new OwnPersistence(), close: async () => {} }));
 * ```
 */
export function persistenceContract(runner: ContractRunner, open: OpenPersistence): void {
  const test = contractTest(runner, open);
  runner.describe('Persistence', () => {
    test('check accepts a store that is ready', async (persistence) => {
      await persistence.check();
    });
  });
  runner.describe('ClientStore', () => {
    clientContract(test);
    clientChangeContract(test);
    clientPageContract(test);
    clientWriteContract(test);
  });
  runner.describe('ClientSecretStore', () => {
    clientSecretContract(test);
    secretReplacementContract(test);
  });
  runner.describe('AccessTokenStore', () => accessTokenContract(test));
  runner.describe('RevokedTokenStore', () => revokedTokenContract(test));
  runner.describe('SigningKeyStore', () => signingKeyContract(test));
  runner.describe('UsedIdentifierStore', () => usedIdentifierContract(test));
  runner.describe('FailureCountStore', () => failureCountContract(test));
  runner.describe('RegistrationTokenStore', () => registrationTokenContract(test));
  runner.describe('ResourceServerStore', () => resourceServerContract(test));
  runner.describe('AuditStore', () => auditLogContract(test));
}
