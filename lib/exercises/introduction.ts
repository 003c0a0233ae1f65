/** The exercises of notebook 1. */
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

const templateEnds = judgeOf({
  answer: functionOf<(symbols: number, length: number) => number>("(symbols, length) => number"),
  hint(order) {
    for (const [symbols, length] of [[49, 5e6], [2, 1000], [1600, 3e6], [10, 1000], [26, 1]] as const) {
      const found = order(symbols, length);
      if (!Number.isInteger(found) || found < 1) {
        return `n is a whole number, 1 or more; for ${symbols} symbols and ${length} places yours is ${found}.`;
      }
      const fewer = `there are ${symbols}^${
        found - 1
      } strings one symbol shorter, more than ${length} already`;
      if (symbols ** found <= length) {
        return `For ${symbols} symbols and ${length} places: of ${found} symbols there are ${symbols}^${found} = ${
          symbols ** found
        } strings, and a book of ${length} places could have them all.`;
      }
      if (found > 1 && symbols ** (found - 1) > length) {
        return `For ${symbols} symbols and ${length} places ${found} is not the least: ${fewer}.`;
      }
    }
  },
  shows:
    "Four letters for a newspaper of five million, three points for a pen with 1600 different steps. From there on most of what could " +
    "come has never come, however much one reads: twice the book is not even one symbol more.",
});

const steps = 1000, left = 0.01;
const openGate = judgeOf({
  answer: is.number,
  hint(bias) {
    const gate = left ** (1 / steps), expected = Math.log(gate / (1 - gate));
    if (isNear(bias, expected, 2e-3)) return;
    if (isNear(bias, gate, 1e-4)) {
      return "That is the gate itself, f. The bias stands before the σ: σ(b) = f.";
    }
    if (isNear(bias, -expected, 2e-3)) return "With that bias the gate is nearly shut: mind the sign.";
    const share = (1 / (1 + Math.exp(-bias))) ** steps;
    return `With σ(${bias}) at every step ${
      share.toPrecision(2)
    } of the content is left after ${steps} steps, and not ${left}. ` +
      "What is left is multiplied by f at every step: f to which power?";
  },
  shows:
    "A bias of 5.4, and the cell remembers for a thousand steps: no more is needed than one number. A tanh unit has no such number, since " +
    "what it knew goes through a matrix and a tanh at every step.",
});

const recovery = judgeOf({
  answer: is.list(is.number),
  hint(extra) {
    if (extra.length < 20) {
      return `Twenty letters after the mistake, or more, show something; found ${extra.length}.`;
    }
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [first, last] = [mean(extra.slice(0, 3)), mean(extra.slice(-10))];
    if (extra.every((bits) => bits === 0)) return "Both texts are the same: spoil one letter of one of them.";
    if (!(first > 0.2)) {
      return `The three letters after the mistake cost ${
        first.toFixed(2)
      } bits more: that should be much. Bits with the mistake minus bits without, beginning with the letter AFTER it?`;
    }
    if (!(Math.abs(last) < first / 2)) {
      return `The last ten still cost ${
        last.toFixed(2)
      } bits more each. Are both texts the same again after the one letter? Take the mean over several places.`;
    }
  },
  shows(extra) {
    const total = extra.reduce((a, b) => a + b, 0);
    const half = extra.findIndex((_, k) => extra.slice(0, k + 1).reduce((a, b) => a + b, 0) >= total / 2);
    return `One wrong letter costs ${total.toFixed(1)} bits in all, half of them within ${
      half + 1
    } letters: then the network is back in the text. That is what memory is for: from what stood before the mistake it knows where it was.`;
  },
});

export const introduction = [templateEnds, openGate, recovery];
