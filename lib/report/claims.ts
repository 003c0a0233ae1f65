/** The table of the paper's claims. */
import type { Claim, Evidence, Verdict } from "./claim.ts";
import { claimsOfHandwriting } from "./claims_of_handwriting.ts";
import { claimsOfText } from "./claims_of_text.ts";
import { displayMarkdown } from "./display.ts";

/** In the paper's order. */
export const claims: Claim[] = [...claimsOfText, ...claimsOfHandwriting];

/** The claims with their verdicts as a table in Markdown, whose links lead to the cells. */
export function claimsTable(evidence: Evidence): string {
  const rows = claims.map((claim) => ({ ...claim, ...claim.find(evidence) }));
  const marks = { "confirmed": "✓", "in part": "◐", "not confirmed": "✗", "not tried": "–" };
  return [
    "| § | the paper | here | | shown in |",
    "|:--|:--|:--|:--|:--|",
    ...rows.map(({ section, claim, verdict, found, shown: { notebook, heading } }) =>
      `| ${section} | ${claim} | ${found} | ${marks[verdict]}\u00A0${verdict.replaceAll(" ", "\u00A0")} | ` +
      `[${heading}](${notebook}.ipynb#${heading.replaceAll(" ", "-")}) |`
    ),
  ].join("\n");
}

/** How many claims there are of each verdict. */
export function countVerdicts(evidence: Evidence): Record<Verdict, number> {
  const counts = { "confirmed": 0, "in part": 0, "not confirmed": 0, "not tried": 0 };
  for (const { find } of claims) counts[find(evidence).verdict]++;
  return counts;
}

/** Shows the table in a notebook. */
export async function showClaims(evidence: Evidence): Promise<void> {
  await displayMarkdown(claimsTable(evidence));
}
