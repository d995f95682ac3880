export { type InjectedFault, type MemoryLog, type MemoryLogOptions, memoryLog } from '../../src/adapters/log/memory/memoryLog.ts';
