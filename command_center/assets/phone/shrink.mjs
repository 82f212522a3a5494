// A photo of 12 megapixels becomes some 400 kB before it is sent; position and camera data stay
// on the phone, because a canvas keeps none.
const LONGEST = 1600;
const QUALITY = 0.82;

// {type, bytes}; throws when the file is no picture that this browser can read.
export async function shrink(file) {
  const bitmap = await decode(file);
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close?.();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error("no picture");
  // bytes, not a Blob: some browsers lose Blobs that are kept in IndexedDB
  return { type: "image/jpeg", bytes: await blob.arrayBuffer() };
}

async function decode(file) {
  if (window.createImageBitmap) return createImageBitmap(file, { imageOrientation: "from-image" });
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  return image;
}
