/** Copies of tensors for products: weights packed (`shared/packing.ts`), factors in bfloat16; kept for as long as the
 * tensors do not change. */
import type { Tensor } from "../../engine.ts";
import {
  isPackedInBfloat16,
  isWorthConverting,
  packedSize,
  panel,
  slabWidth,
  smallProductOf,
} from "../shared/packing.ts";
import type { Tensors } from "./tensors.ts";

/** How a tensor holds the matrices that are packed: `blocks` of them `[K, N]` side by side, in rows of
 * `stride`, or one as its transpose. */
export interface Layout {
  K: number;
  N: number;
  stride: number;
  transposed?: boolean;
  blocks?: number;
  parts?: number;
}
/** Where weights lie for the products, and the width of their slabs (0: they are not packed; below 0: packed by the
 * BLAS in bfloat16, each part in −width bytes). */
export interface Packed {
  at: number;
  width: number;
}

export class Packs {
  constructor(readonly tensors: Tensors) {}

  /** Weights for products with `rows` rows, packed anew if they may have changed since the last time. */
  of(weights: Tensor, rows: number, layout: Layout): Packed {
    const { tensors: { workers } } = this, { blas, bfloat16Bytes } = workers.options;
    const { K, N, stride, transposed = false, blocks = 1, parts = 1 } = layout;
    const columns = Math.ceil(N / parts);
    const bytes = isPackedInBfloat16(K, columns) ? bfloat16Bytes?.(K, columns + panel) : undefined;
    const width = bytes ? -bytes : slabWidth(rows, K, transposed, blas && smallProductOf(blas));
    const from = this.tensors.inputs({ weights }).weights;
    if (width === 0) return { at: from, width };
    const form = [from, K, N, stride, +transposed, blocks, parts, width];
    const { at, fresh } = this.tensors.copyOf(
      weights,
      form,
      blocks * (bytes ? parts * bytes : 4 * packedSize(K, N)),
    );
    if (!fresh) {
      const order = { from, to: at, K, N, stride, transposed: +transposed, width, parts, blocks };
      workers.post("pack", order);
    }
    return { at, width };
  }

  /** The addresses of a product's factors, and whether they are in bfloat16; `sizes` are those of a rank's share. */
  inBfloat16<Name extends string>(
    factors: Record<Name, Tensor>,
    sizes: [rows: number, columns: number, terms: number],
  ): Record<Name | "bfloat16", number> {
    const { tensors } = this, { workers } = tensors, addresses = tensors.inputs(factors);
    if (!workers.options.bfloat16Bytes || !isWorthConverting(...sizes)) return { ...addresses, bfloat16: 0 };
    for (const name in factors) {
      const { size } = factors[name], from = addresses[name];
      const { at, fresh } = tensors.copyOf(factors[name], [from, size], 2 * size);
      if (!fresh) workers.post("toBfloat16", { from, to: at, size });
      addresses[name] = at;
    }
    return { ...addresses, bfloat16: 1 };
  }
}
