export { type FfmpegOptions, ffmpegCoder } from "./ffmpeg.ts";
