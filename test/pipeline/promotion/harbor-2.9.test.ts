import { testPromotion } from './cases.ts';

testPromotion('2.9');
