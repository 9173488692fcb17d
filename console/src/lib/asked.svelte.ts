// What a part of the page has asked the server: the newest answer, and what was wrong with the question.
import { ProblemError, repeat } from './api';

export class Asked<T> {
  answer = $state.raw<T>();
  problem = $state('');

  /** Asks now and again each while; what was answered stays while the server is away, which the stream tells. */
  follow(everyMillis: number, question: (signal: AbortSignal) => Promise<T>): () => void {
    return repeat(everyMillis, (signal) => this.#ask(question, signal));
  }

  forget(): void {
    this.answer = undefined;
    this.problem = '';
  }

  async #ask(question: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<void> {
    try {
      const answer = await question(signal);
      if (signal.aborted) return;
      this.answer = answer;
      this.problem = '';
    } catch (error) {
      if (!signal.aborted && error instanceof ProblemError) this.problem = error.message;
    }
  }
}
