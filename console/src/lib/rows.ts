// Rows that were changed behind a branch's back, as a transaction that waits for a decision shows them.
import type { Branch, DirtyRow, RowReport, TransactionDetail } from './contract';

export interface ShownRow {
  branch: Branch;
  row: DirtyRow;
}

const reports = (detail: TransactionDetail): { branch: Branch; report: RowReport }[] =>
  detail.branches
    .filter((branch) => branch.status === 'FAILED' && branch.rows !== '')
    .map((branch) => ({ branch, report: JSON.parse(branch.rows) as RowReport }));

export const rowsOf = (detail: TransactionDetail): ShownRow[] =>
  reports(detail).flatMap(({ branch, report }) => report.dirty.map((row) => ({ branch, row })));

export const moreRows = (detail: TransactionDetail): number => reports(detail).reduce((sum, { report }) => sum + report.more, 0);

export const columnsOf = (row: DirtyRow): string[] => [
  ...new Set([row.before, row.after, row.now].flatMap((state) => (state ? Object.keys(state) : []))),
];
