/**
 * The newest question wins: one request in flight, no waiting in between.
 *
 * While an answer is under way, further questions replace each other; the last one is asked as soon
 * as the answer is there. Every answer is handed on, so each step of a drag that was computed is
 * painted.
 */
export class Newest<Question, Answer> {
  #waiting: { question: Question } | null = null;
  #busy = false;

  constructor(
    private readonly ask: (question: Question) => Promise<Answer>,
    private readonly answered: (answer: Answer, question: Question) => void,
    private readonly failed: (error: unknown, question: Question) => void,
  ) {}

  get busy(): boolean {
    return this.#busy;
  }

  put(question: Question): void {
    this.#waiting = { question };
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#take(); next; next = this.#take()) {
      try {
        this.answered(await this.ask(next.question), next.question);
      } catch (error) {
        this.failed(error, next.question);
      }
    }
    this.#busy = false;
  }

  #take(): { question: Question } | null {
    const next = this.#waiting;
    this.#waiting = null;
    return next;
  }
}
