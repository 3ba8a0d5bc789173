import { describeCrowd } from './describe-crowd.ts';

describeCrowd(Array.from({ length: 10 }, (_, i) => 1_010 + i));
