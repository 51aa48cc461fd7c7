/** A recording as one file: fetched with its progress, handed to the browser's downloads when it is whole. */
import { ApiProblem, problemOf } from "@/api/client";
import type { StreamName } from "@/api/types";

export const LONGEST_MS = 3_600_000;
/** So much is gathered in memory before it goes to the browser's own store of large things. */
const GATHER_BYTES = 8 * 1024 * 1024;

export interface Wish {
  camera: string;
  stream: StreamName;
  purpose: string;
  start: number;
  end: number;
  /** With its sound: a right of its own, and a second line in the ledger. */
  audio?: boolean;
}

export interface Progress {
  bytes: number;
  total: number | null;
}

/** Resolves with the file's name when the browser has it whole. Raises `ApiProblem`; `range.broken` when it broke off. */
export async function download(
  wish: Wish,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(address(wish), { signal }).catch(translated(signal, "unreachable"));
  if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
  const length = Number(response.headers.get("Content-Length") ?? "");
  const total = length > 0 ? length : null;
  const file = await gathered(response, (bytes) => onProgress({ bytes, total }), signal);
  const name = nameIn(response.headers.get("Content-Disposition")) ?? "recording.mp4";
  save(file, name);
  return name;
}

export function address({ camera, stream, purpose, start, end, audio = false }: Wish): string {
  const query = new URLSearchParams({
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    stream,
    purpose,
    ...(audio ? { audio: "true" } : {}),
  });
  return `/api/cameras/${camera}/download.mp4?${query}`;
}

/** The file's name in a Content-Disposition, if it is one that any disk can hold. */
export function nameIn(disposition: string | null): string | null {
  return /filename="([A-Za-z0-9][A-Za-z0-9._-]{0,120})"/.exec(disposition ?? "")?.[1] ?? null;
}

async function gathered(
  response: Response,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const stored: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, held] = [0, 0];
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const part = await reader.read().catch(translated(signal, "range.broken"));
    if (part.done) break;
    waiting.push(part.value);
    held += part.value.length;
    bytes += part.value.length;
    onBytes(bytes);
    if (held < GATHER_BYTES) continue;
    stored.push(new Blob(waiting));
    [waiting, held] = [[], 0];
  }
  return new Blob([...stored, ...waiting], { type: "video/mp4" });
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function translated(signal: AbortSignal, code: string): (error: unknown) => never {
  return (error) => {
    if (signal.aborted) throw error;
    throw new ApiProblem(code, 0, String(error));
  };
}
