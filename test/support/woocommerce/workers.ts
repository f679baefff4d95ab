/** A number of workers with a queue before them, as PHP has it. */
export class Workers {
  #busy = 0
  readonly #waiting: (() => void)[] = []

  async run<T>(workers: number, work: () => Promise<T>): Promise<T> {
    while (this.#busy >= workers) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#busy += 1
    try {
      return await work()
    } finally {
      this.#busy -= 1
      this.#waiting.shift()?.()
    }
  }
}
