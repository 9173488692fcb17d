// A list that the server gives in pages: the first is asked for again and again, further ones when somebody wants to see them.
import { Asked } from './asked.svelte';

const ANSWER_MAX_MILLIS = 10_000;

/** Where the page after it begins; nowhere if it is the last. */
interface Page {
  next?: string | number;
}

export class Pages<T, P extends Page> extends Asked<P> {
  #more = $state<T[]>([]);
  #next = $state<P['next']>();
  #items: (page: P) => T[];

  constructor(items: (page: P) => T[]) {
    super();
    this.#items = items;
  }

  /** All that was asked for, the first page as it is now. */
  get rows(): T[] {
    return [...(this.answer ? this.#items(this.answer) : []), ...this.#more];
  }

  /** Where what was not asked for begins. */
  get following(): P['next'] | undefined {
    return this.#more.length === 0 ? this.answer?.next : this.#next;
  }

  override follow(everyMillis: number, question: (signal: AbortSignal) => Promise<P>): () => void {
    this.#more = [];
    this.#next = undefined;
    return super.follow(everyMillis, question);
  }

  /** Asks for the next page; what kept it from coming, empty if it came. */
  async older(question: (from: string, signal: AbortSignal) => Promise<P>): Promise<string> {
    const from = this.following;
    if (from === undefined) return '';
    try {
      const page = await question(String(from), AbortSignal.timeout(ANSWER_MAX_MILLIS));
      this.#more = [...this.#more, ...this.#items(page)];
      this.#next = page.next;
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
