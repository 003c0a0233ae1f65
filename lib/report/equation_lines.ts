/** Where a program computes which equation of the paper: read from the comments behind its lines, `// Eq. 7` or `# Eqs. 49-51`. */

export interface EquationLine {
  equation: number;
  file: string;
  /** From 1. */
  line: number;
  /** The line without its comment. */
  code: string;
}

const named = /\bEqs?\. (\d+(?:[-–]\d+)?(?:, \d+(?:[-–]\d+)?)*)/g;

/** The lines of a program in TypeScript or Python that name an equation in the comment behind their code, in order. */
export function equationLines(program: string, file: string): EquationLine[] {
  return program.split("\n").flatMap((text, k) => {
    const [, code, comment] = text.match(/^\s*(\S.*?) *(?:\/\/|#) (.*\bEqs?\..*)$/) ?? [];
    if (!code || /^(\/?\*|\/\/|#)/.test(code)) return [];
    const numbers = [...comment.matchAll(named)].flatMap(([, list]) =>
      list.split(", ").flatMap((part) => {
        const [from, to = from] = part.split(/[-–]/).map(Number);
        return Array.from({ length: to - from + 1 }, (_, n) => from + n);
      })
    );
    return numbers.map((equation) => ({ equation, file, line: k + 1, code }));
  });
}
