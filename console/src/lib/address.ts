// The console's state is its address: what can be seen can be sent to someone else, and reloads to the same.

export type View = 'overview' | 'transactions' | 'services' | 'cells' | 'trust';
export type TrustPart = 'identities' | 'evidence' | 'policies' | 'artifacts' | 'secrets' | 'audit';
export type Theme = 'dark' | 'light';

export interface Address {
  view: View;
  /** The transaction whose detail is open; empty if none is. */
  xid: string;
  /** Which transactions are listed. */
  state: 'live' | 'recent';
  /** Which part of trust is shown. */
  part: TrustPart;
  /** The appraisal, policy, verdict or secret whose detail is open; empty if none is. */
  item: string;
  /** Which appraisals are listed. */
  verdict: 'all' | 'refused' | 'granted';
  /** What transactions, services, or the things of a part of trust are searched for. */
  text: string;
  /** The shard that is pointed out. */
  shard: number | undefined;
  /** Undefined: as the system has it. */
  theme: Theme | undefined;
}

export const START: Address = { view: 'overview', xid: '', state: 'recent', part: 'identities', item: '', verdict: 'all', text: '', shard: undefined, theme: undefined };

const VIEWS: readonly View[] = ['overview', 'transactions', 'services', 'cells', 'trust'];
const PARTS: readonly TrustPart[] = ['identities', 'evidence', 'policies', 'artifacts', 'secrets', 'audit'];
/** Parts of trust in which one thing can be opened. */
const OPENED: readonly TrustPart[] = ['evidence', 'policies', 'artifacts', 'secrets'];

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Reads an address; what it does not know it takes for the default, for an address may be of another version. */
export function parse(url: { pathname: string; search: string }): Address {
  const [first = '', second = '', third = ''] = url.pathname.split('/').filter((segment) => segment !== '');
  const query = new URLSearchParams(url.search);
  const view = VIEWS.find((known) => known === first) ?? 'overview';
  const theme = query.get('theme');
  const shard = query.get('shard') ?? '';
  const part = (view === 'trust' && PARTS.find((known) => known === second)) || 'identities';
  const verdict = query.get('verdict');
  return {
    view,
    xid: view === 'transactions' ? decoded(second) : '',
    state: query.get('state') === 'live' ? 'live' : 'recent',
    part,
    item: OPENED.includes(part) ? decoded(third) : '',
    verdict: verdict === 'refused' || verdict === 'granted' ? verdict : 'all',
    text: query.get('q') ?? '',
    shard: /^\d{1,5}$/.test(shard) ? Number(shard) : undefined,
    theme: theme === 'dark' || theme === 'light' ? theme : undefined,
  };
}

/** Writes an address, without what is the default or belongs to another view. */
export function format(address: Address): string {
  const path =
    address.view === 'overview'
      ? '/'
      : address.view === 'transactions' && address.xid !== ''
        ? `/transactions/${encodeURIComponent(address.xid)}`
        : address.view === 'trust'
          ? trustPath(address)
          : `/${address.view}`;
  const query = new URLSearchParams();
  const searches = address.view === 'transactions' || address.view === 'services' || address.view === 'trust';
  if (address.view === 'trust' && address.part === 'evidence' && address.verdict !== 'all') query.set('verdict', address.verdict);
  if (address.view === 'transactions' && address.state === 'live') query.set('state', 'live');
  if (searches && address.text !== '') query.set('q', address.text);
  if (address.view === 'cells' && address.shard !== undefined) query.set('shard', String(address.shard));
  if (address.theme) query.set('theme', address.theme);
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

function trustPath({ part, item }: Address): string {
  if (OPENED.includes(part) && item !== '') return `/trust/${part}/${encodeURIComponent(item)}`;
  return part === 'identities' ? '/trust' : `/trust/${part}`;
}

/** The address of another view: its own filters start anew, the theme stays. */
export function toView(address: Address, view: View): Address {
  return { ...START, view, theme: address.theme };
}
