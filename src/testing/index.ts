export { persistenceContract } from './persistence.contract.js';
export type { ContractRunner, OpenPersistence } from './contract-runner.js';
