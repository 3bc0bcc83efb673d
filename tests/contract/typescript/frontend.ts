// What a front end does, typed by the generated schema; compiled, never run.
import type { components, operations, paths } from "./build/schema";

type Run = components["schemas"]["RunDetail"];
type Problem = components["schemas"]["Problem"];
type Generate = components["schemas"]["GenerateRequest"];
type StrategyPage = components["schemas"]["PaginatedStrategySummaryList"];
type ListQuery = NonNullable<operations["strategies_list"]["parameters"]["query"]>;
type Accepted = paths["/api/strategies/generate_with_ai/"]["post"]["responses"][202]["content"]["application/json"];

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

export class AlgoAgent {
  constructor(private readonly address: string, private readonly token: string) {}

  async generate(body: Generate, key: string): Promise<Accepted> {
    return this.ask<Accepted>("/api/strategies/generate_with_ai/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(body),
    });
  }

  async finished(run: Run): Promise<Run> {
    while (run.state === "queued" || run.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      run = await this.ask<Run>(run.links.self);
    }
    return run;
  }

  async *strategies(query: ListQuery): AsyncGenerator<StrategyPage["results"][number]> {
    const words = Object.entries(query).map(([name, value]) => [name, String(value)]);
    let next: string | null | undefined = `/api/strategies/?${new URLSearchParams(words)}`;
    while (next) {
      const page: StrategyPage = await this.ask<StrategyPage>(next);
      yield* page.results;
      next = page.next;
    }
  }

  private async ask<Answer>(path: string, request: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Token ${this.token}`);
    const answer = await fetch(new URL(path, this.address), { ...request, headers });
    if (!answer.ok) throw new Refused((await answer.json()) as Problem);
    return (await answer.json()) as Answer;
  }
}

const asked: Generate = { description: "buy when RSI < 30", execute_after_generation: true, max_fix_attempts: 2 };
// @ts-expect-error  A description is needed.
const silent: Generate = { execute_after_generation: true };
// @ts-expect-error  A state that there is not.
const state: Run["state"] = "sleeping";
export { asked, silent, state };
