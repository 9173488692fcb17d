// The stream of the server's seconds, as state that the page draws from.
import type { History, Live } from './contract';
import { millis } from './format';
import { merge, type Point } from './history';
import { follow, type SeenService } from './presence';

/** A page whose last document is older than this says so. */
const STALE_MILLIS = 3_000;
/** A connection that says nothing for so long is given up, even if it seems to be open. */
const SILENT_MILLIS = 10_000;
const RETRY_MILLIS = 2_000;

class Stream {
  document = $state.raw<Live>();
  points = $state.raw<Point[]>([]);
  services = $state.raw<SeenService[]>([]);
  now = $state(Date.now());
  #receivedAt = $state(0);
  #resumedAt = $state(0);
  #open = false;
  /** Server's time minus this page's, so that ages are right on a machine whose clock is not. */
  #skewMillis = 0;

  #source: EventSource | undefined;
  #openedAt = 0;
  #retry: number | undefined;

  get connected(): boolean {
    // By the age of what is shown: a connection that breaks and is back within a moment is nobody's business.
    return this.now - Math.max(this.#receivedAt, this.#resumedAt) < STALE_MILLIS;
  }

  /** How old what is shown is; undefined while it is fresh, or if there is nothing yet. */
  get staleMillis(): number | undefined {
    return this.connected || this.#receivedAt === 0 ? undefined : this.now - this.#receivedAt;
  }

  /** The server's time now, in milliseconds. */
  get serverNow(): number {
    return this.now + this.#skewMillis;
  }

  start(): () => void {
    this.#connect();
    const ticking = setInterval(() => this.#tick(), 500);
    const onVisibility = (): void => this.#seen(!document.hidden);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearInterval(ticking);
      document.removeEventListener('visibilitychange', onVisibility);
      clearTimeout(this.#retry);
      this.#source?.close();
    };
  }

  /**
   * A page that nobody sees holds no stream: the server has a bounded number of them, and a browser six connections to a host. When it
   * is seen again it gets what it missed as history.
   */
  #seen(visible: boolean): void {
    clearTimeout(this.#retry);
    this.#open = false;
    if (visible) {
      this.now = Date.now();
      if (this.#receivedAt !== 0) this.#resumedAt = this.now;
      this.#connect();
    } else {
      this.#source?.close();
    }
  }

  #connect(): void {
    this.#source?.close();
    this.#openedAt = Date.now();
    const source = new EventSource('/api/v1/live');
    this.#source = source;
    source.addEventListener('open', () => (this.#open = true));
    source.addEventListener('history', (event) => {
      this.points = merge(this.points, (JSON.parse(event.data) as History).samples);
    });
    source.addEventListener('live', (event) => this.#take(JSON.parse(event.data) as Live));
    source.addEventListener('error', () => {
      this.#open = false;
      // EventSource comes back by itself unless the answer was not a stream, as from a proxy or a server that is full.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(this.#retry);
        this.#retry = window.setTimeout(() => this.#connect(), RETRY_MILLIS);
      }
    });
  }

  #take(document: Live): void {
    const at = millis(document.sample.time);
    this.document = document;
    this.points = merge(this.points, [document.sample]);
    this.services = follow(this.services, document.services, at);
    this.now = this.#receivedAt = Date.now();
    this.#skewMillis = at - this.now;
  }

  #tick(): void {
    this.now = Date.now();
    const silentSince = Math.max(this.#receivedAt, this.#openedAt);
    if (this.#open && this.now - silentSince > SILENT_MILLIS) {
      this.#open = false;
      this.#connect();
    }
  }
}

export const stream = new Stream();
