/** The shapes of tensors. */

/** The number of elements of a tensor of this shape; a scalar, `[]`, has one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Throws unless there are as many values as a tensor of this shape has elements. */
export function expectCount(shape: readonly number[], values: ArrayLike<unknown>): void {
  const size = sizeOf(shape);
  if (values.length !== size) {
    throw new Error(`A tensor of shape [${shape}] needs ${size} values, found ${values.length}.`);
  }
}
