import type { Raster } from "@inkseal/codec";

/** What decodes and encodes moving pictures. None is written in JavaScript: Node's is ffmpeg, injected by who composes the house. */
export interface VideoCoder {
  /** Frames of the file, in order: evenly spread over its first half minute, or so many a second from its start. Throws `bad-file` for what does not decode, `engine-missing` without a decoder. */
  sample(file: Uint8Array, wanted: SampleWish): Promise<readonly Raster[]>;
  /**
   * The same film with painted frames: each is handed to `painter`, in order, to be changed in place. Sound and subtitles are copied as they are
   * coded. Undefined for a film whose frames would lose more than paint gains: deeper than 8 bits, or with transparency; and where nothing is painted.
   * With `as` the file came (nearly) without loss and is coded for people, painted or not.
   */
  repaint(
    file: Uint8Array,
    painter: (format: VideoFormat) => Paint | undefined,
    as?: Delivered,
  ): Promise<Uint8Array | undefined>;
}

export type Delivered = "video/mp4" | "video/webm";

/** Changes a frame in place. */
export type Paint = (frame: VideoFrame) => void;

export interface VideoFormat {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly rate: number;
  /** Luma goes from 16 to 235, not from 0 to 255. */
  readonly limited: boolean;
  /** Colours by ITU-R BT.709, as films of 720 lines and more; else by BT.601. */
  readonly bt709: boolean;
}

/** 8 bits, colour at half the size in both directions. */
export interface VideoFrame {
  readonly luma: Uint8Array;
  readonly blue: Uint8Array;
  readonly red: Uint8Array;
}

export interface SampleWish {
  /** Frames, at most. */
  readonly count: number;
  /** √(width·height) to which larger frames are scaled. */
  readonly size: number;
  /** Frames a second. */
  readonly rate?: number;
}

/** What decodes and encodes compressed sound. */
export interface SoundCoder {
  /** The first minutes, mixed to one channel, −1 to 1. Throws `bad-file`, and `engine-missing` without a decoder. */
  decode(file: Uint8Array): Promise<{ readonly samples: Float32Array; readonly rate: number }>;
  /**
   * The same file with other samples in its first sound: all of it as a WAV file of its own rate and channels is handed to `change`, and what comes
   * back is coded as it was; tags, cover, pictures and other sounds are kept as they are. Undefined where `change` wants nothing changed, and
   * for a file without sound, a sound too long to hold, or a codec that cannot be written. Throws as `decode`.
   */
  remake(file: Uint8Array, change: (wav: Uint8Array) => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined>;
}
