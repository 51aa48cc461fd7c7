/** Photos from the phone's camera: made small here, before they are kept and sent. Their EXIF (place, device) is not kept. */

/** The longest side, px: a door plate across a room stays readable. */
export const LONGEST_SIDE = 2_000;
const QUALITY = [0.82, 0.7, 0.55] as const;
/** The centre takes 8 MB; a school's mobile network should not have to. */
const MOST_BYTES = 1_500_000;
/** What a phone can decode without falling over. */
const MOST_FILE_BYTES = 60_000_000;

export class PhotoProblem extends Error {
  constructor(readonly code: "photo.too_big" | "photo.broken") {
    super(code);
    this.name = "PhotoProblem";
  }
}

/** The size in which it is kept; never larger than it came. */
export function fitted(
  width: number,
  height: number,
  longest = LONGEST_SIDE,
): { width: number; height: number } {
  const share = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

/** Drawn anew as JPEG, upright. Throws `PhotoProblem`. */
export async function shrunk(file: Blob): Promise<Blob> {
  if (file.size > MOST_FILE_BYTES) throw new PhotoProblem("photo.too_big");
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new PhotoProblem("photo.broken");
  });
  try {
    const { width, height } = fitted(picture.width, picture.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    if (pen === null) throw new PhotoProblem("photo.too_big");
    pen.drawImage(picture, 0, 0, width, height);
    for (const quality of QUALITY) {
      const drawn = await asJpeg(canvas, quality);
      if (drawn.size <= MOST_BYTES || quality === QUALITY.at(-1)) return drawn;
    }
    throw new PhotoProblem("photo.too_big");
  } finally {
    picture.close();
  }
}

function asJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob === null ? reject(new PhotoProblem("photo.too_big")) : resolve(blob)),
      "image/jpeg",
      quality,
    ),
  );
}

/** SHA-256 in hexadecimal digits: a photo's name here and at the centre. */
export async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
