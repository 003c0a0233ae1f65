/** A GPU that carries nothing out: whose orders are to be counted needs no card, and no time. What is read from it is zeros. */

/** The limits that count here. */
export type Limits = Pick<GPUSupportedLimits, "maxBufferSize" | "maxStorageBufferBindingSize">;
/** Those of graphics cards of the last years, by Vulkan: buffers are seen whole. */
export const cardLimits: Limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 - 4 };

export function idleDevice(limits: Limits = cardLimits): GPUDevice {
  const encoder = () => ({
    beginComputePass: () => ({
      setPipeline() {},
      setBindGroup() {},
      dispatchWorkgroups() {},
      end() {},
    }),
    copyBufferToBuffer() {},
    finish: () => ({}),
  });
  const device = {
    limits,
    lost: new Promise(() => {}),
    queue: { writeBuffer() {}, submit() {}, onSubmittedWorkDone: () => Promise.resolve() },
    addEventListener() {},
    createBuffer: () => ({
      // As on a device, content comes some time after it was asked for.
      mapAsync: () => new Promise<void>((resolve) => setTimeout(resolve)),
      getMappedRange: (_: number, size: number) => new ArrayBuffer(size),
      unmap() {},
      destroy() {},
    }),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipeline: () => ({}),
    createBindGroup: () => ({}),
    createCommandEncoder: encoder,
    destroy() {},
  };
  return device as unknown as GPUDevice;
}
