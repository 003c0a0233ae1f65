/** A network that reads handwriting: its loss is computed on the host, line by line (`lib/equations/ctc.ts`). */
import type { PenBatch } from "../data/batch.ts";
import type { Engine, Tensor } from "../engine/engine.ts";
import { editDistance } from "../edit_distance.ts";
import { bestPath, ctcLoss, type Labelling } from "../equations/ctc.ts";
import type { BatchLoss } from "./batch_loss.ts";

/** Each line of a batch with the characters that it should be read as. */
function* linesOf(
  { steps, size, lengths, characters, textLengths }: PenBatch,
  outputs: Labelling["outputs"],
) {
  if (!characters || !textLengths) {
    throw new Error(
      "To learn to read, the network needs the text of each line: build the batch with an alphabet.",
    );
  }
  const classes = outputs.length / (steps * size), longest = characters.length / size;
  for (let b = 0; b < size; b++) {
    const line: Labelling = {
      outputs,
      classes,
      offset: b * classes,
      stride: size * classes,
      steps: lengths[b],
    };
    yield { b, line, text: characters.subarray(b * longest, b * longest + textLengths[b]) };
  }
}

/** The loss of a batch of lines; `outputs` `[T, B, K]` are replaced by ∂L/∂ŷ, which is zero in padding. */
export async function readingLoss(engine: Engine, batch: PenBatch, outputs: Tensor): Promise<BatchLoss> {
  const values = Float64Array.from(await engine.read(outputs));
  const losses = new Float64Array(batch.steps * batch.size), errors = new Float64Array(losses.length);
  const readings: number[][] = [];
  let total = 0;
  for (const { b, line, text } of linesOf(batch, values)) {
    readings[b] = bestPath(line);
    errors[b] = editDistance(readings[b], text);
    total += losses[b] = ctcLoss(line, text);
    for (let row = line.offset + line.steps * line.stride; row < values.length; row += line.stride) {
      values.fill(0, row, row + line.classes);
    }
  }
  engine.write(outputs, values);
  return { losses, errors, points: batch.mask.reduce((sum, real) => sum + real, 0), total, readings };
}
