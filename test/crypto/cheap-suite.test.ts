import { describeCryptoSuite } from '../contract/crypto-suite.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';

describeCryptoSuite('cheapSuite', cheapSuite);
