/** What became of one test: see `runTest`. */
export interface Verdict {
  readonly verdict: 'green' | 'red' | 'none' | 'broken' | 'late';
  readonly why: string;
}

/** A report of vitest's JSON reporter, as far as it counts. */
export interface Report {
  readonly testResults: readonly {
    readonly status: 'passed' | 'failed';
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }[];
  }[];
}
export function judge(report: Report, title: string, hangsS: number): Verdict;
