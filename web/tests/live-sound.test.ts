/** Live sound begins, whichever is first: the open source or the first fragment. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LiveSound } from "@/player/live-sound";
import { aBox, type Bytes, fragment, init, u32 } from "./an-mp4";

const MIME = 'audio/mp4; codecs="mp4a.40.2"';
const labelled = new Uint8Array([MIME.length, ...new TextEncoder().encode(MIME), ...init]);
const first = fragment(aBox("tfdt", u32(0), u32(90_000)));

class ASource extends EventTarget {
  static made: ASource[] = [];
  static isTypeSupported = () => true;
  readyState = "closed";
  appended: Bytes[] = [];
  buffers = 0;

  constructor() {
    super();
    ASource.made.push(this);
  }

  addSourceBuffer() {
    this.buffers += 1;
    const buffer = new EventTarget();
    return Object.assign(buffer, {
      timestampOffset: 0,
      updating: false,
      appendBuffer: (bytes: Bytes) => this.appended.push(bytes),
    });
  }

  says() {
    this.dispatchEvent(new Event("sourceopen"));
  }
}

class AnElement extends EventTarget {
  src = "";
}

function aSound(): { source: ASource; arrives: () => void } {
  const sound = new LiveSound(
    { camera: "c", stream: "sub", purpose: "duty" } as never,
    () => null,
    () => {},
  );
  const message = { tile: 1, seq: 0, wallMs: 1_000 };
  sound.media({ ...message, kind: "init", payload: labelled });
  const source = ASource.made.at(-1);
  if (source === undefined) throw new Error("no source was made");
  return { source, arrives: () => sound.media({ ...message, kind: "key", payload: first }) };
}

beforeEach(() => {
  vi.stubGlobal("MediaSource", ASource);
  vi.stubGlobal("Audio", AnElement);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:sound");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("one buffer takes the sound, and takes all of it", () => {
  test("when the source says that it is open before anything arrives", () => {
    const { source, arrives } = aSound();
    source.readyState = "open";
    source.says();
    arrives();
    expect([source.buffers, source.appended.length]).toEqual([1, 1]);
  });

  test("when a fragment arrives before the source is open", () => {
    const { source, arrives } = aSound();
    arrives();
    source.readyState = "open";
    source.says();
    expect([source.buffers, source.appended.length]).toEqual([1, 1]);
  });

  test("when a fragment arrives while the source is open and has not said so yet", () => {
    const { source, arrives } = aSound();
    source.readyState = "open";
    arrives();
    source.says();
    expect([source.buffers, source.appended.length]).toEqual([1, 1]);
  });
});
