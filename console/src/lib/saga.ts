// A Saga's steps as a picture: what each has done, and what becomes of it. The coordinator knows of a step what its application
// reported while it went forward; that it is compensated follows from the whole transaction.
import type { Branch, TransactionDetail, TransactionStatus } from './contract';
import type { Look } from './words';

export interface SagaStep {
  id: string;
  name: string;
  look: Look;
}

const GOING_BACK: TransactionStatus[] = ['ROLLING_BACK', 'TIMEOUT_ROLLING_BACK'];
const GONE_BACK: TransactionStatus[] = ['ROLLED_BACK', 'TIMED_OUT'];

const RUNNING: Look = { word: 'Running', tone: 'busy', shape: 'ring' };
const DONE: Look = { word: 'Done', tone: 'good', shape: 'check' };
const FAILED: Look = { word: 'Failed', tone: 'bad', shape: 'cross' };
const UNDOING: Look = { word: 'Being compensated', tone: 'back', shape: 'arc' };
const UNDONE: Look = { word: 'Compensated', tone: 'back', shape: 'return' };

function look(branch: Branch, whole: TransactionStatus): Look {
  if (branch.status === 'PREPARE_FAILED') return FAILED;
  if (branch.status === 'ROLLED_BACK' || GONE_BACK.includes(whole)) return UNDONE;
  if (GOING_BACK.includes(whole)) return UNDOING;
  return branch.status === 'COMMITTED' || whole === 'COMMITTED' ? DONE : RUNNING;
}

/** The steps in their order; none if the transaction is no Saga. */
export function sagaSteps(detail: TransactionDetail): SagaStep[] {
  return detail.branches
    .filter((branch) => branch.kind === 'SAGA')
    .map((branch) => ({
      id: branch.id,
      name: branch.step || branch.resource,
      look: look(branch, detail.transaction.status),
    }));
}
