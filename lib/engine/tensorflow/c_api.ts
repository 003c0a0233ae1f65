/** The part of TensorFlow's C API that the binding calls: tensorflow/c/c_api.h and
 * tensorflow/c/eager/c_api.h. */
const status = "pointer", handle = "pointer", tensor = "pointer", context = "pointer";
const op = "pointer", text = "buffer", int64s = "buffer";

export const cApi = {
  TF_Version: { parameters: [], result: "pointer" },
  TF_NewStatus: { parameters: [], result: status },
  TF_GetCode: { parameters: [status], result: "i32" },
  TF_Message: { parameters: [status], result: "pointer" },

  TF_AllocateTensor: { parameters: ["i32", int64s, "i32", "usize"], result: tensor },
  TF_TensorData: { parameters: [tensor], result: "pointer" },
  TF_TensorByteSize: { parameters: [tensor], result: "usize" },
  TF_DeleteTensor: { parameters: [tensor], result: "void" },

  TFE_NewContextOptions: { parameters: [], result: "pointer" },
  TFE_DeleteContextOptions: { parameters: ["pointer"], result: "void" },
  TFE_NewContext: { parameters: ["pointer", status], result: context },
  TFE_ContextListDevices: { parameters: [context, status], result: "pointer" },
  TF_DeviceListCount: { parameters: ["pointer"], result: "i32" },
  TF_DeviceListName: { parameters: ["pointer", "i32", status], result: "pointer" },
  TF_DeviceListType: { parameters: ["pointer", "i32", status], result: "pointer" },
  TF_DeleteDeviceList: { parameters: ["pointer"], result: "void" },

  TFE_NewTensorHandle: { parameters: [tensor, status], result: handle },
  TFE_DeleteTensorHandle: { parameters: [handle], result: "void" },
  TFE_TensorHandleDataType: { parameters: [handle], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: [handle, status], result: "i32" },
  TFE_TensorHandleDim: { parameters: [handle, "i32", status], result: "i64" },
  TFE_TensorHandleResolve: { parameters: [handle, status], result: tensor },
  TFE_TensorHandleCopyToDevice: { parameters: [handle, context, text, status], result: handle },

  TFE_NewOp: { parameters: [context, text, status], result: op },
  TFE_DeleteOp: { parameters: [op], result: "void" },
  TFE_OpAddInput: { parameters: [op, handle, status], result: "void" },
  TFE_OpSetAttrString: { parameters: [op, text, text, "usize"], result: "void" },
  TFE_OpSetAttrInt: { parameters: [op, text, "i64"], result: "void" },
  TFE_OpSetAttrIntList: { parameters: [op, text, int64s, "i32"], result: "void" },
  TFE_OpSetAttrFloat: { parameters: [op, text, "f32"], result: "void" },
  TFE_OpSetAttrBool: { parameters: [op, text, "u8"], result: "void" },
  TFE_OpSetAttrType: { parameters: [op, text, "i32"], result: "void" },
  TFE_OpSetAttrShape: { parameters: [op, text, int64s, "i32", status], result: "void" },
  TFE_Execute: { parameters: [op, "buffer", "buffer", status], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;
