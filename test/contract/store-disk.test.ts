import { DiskWorld } from './disk-world.ts';
import { storeContract } from './store.ts';

storeContract('the disk', async () => new DiskWorld());
storeContract('the disk in many small segments', async () => new DiskWorld(64 * 1024));
