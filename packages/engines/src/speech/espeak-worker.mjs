// eSpeak NG in a process of its own: it is GPL-3.0, so nothing of Inkseal is linked with it; we talk over IPC.
// In: { id, sentences: [{ text, voice }], rate, pitch } with rate in words a minute (80–450) and pitch 0–99. Out, per id and
// sentence: { id, done, of, samples: Int16Array, sampleRate, words: [{ at, seconds }] } with `at` the word's first character
// (code points from 0) in the sentence; or { id, error }.
import loadEspeak from "@echogarden/espeak-ng-emscripten";

const { eSpeakNGWorker } = await loadEspeak();
const speaker = new eSpeakNGWorker();

process.on("message", ({ id, sentences, rate, pitch }) => {
  try {
    let current;
    for (const [i, { text, voice }] of sentences.entries()) {
      if (voice !== current) {
        if (speaker.set_voice(voice) !== 0) throw new Error(`no voice ${voice}`);
        // a new voice brings its own pace and pitch
        speaker.set_rate(rate);
        speaker.set_pitch(pitch);
        current = voice;
      }
      const parts = [];
      const words = [];
      speaker.synthesize(text, (samples, events) => {
        if (samples) parts.push(samples);
        for (const { type, text_position, audio_position } of events)
          if (type === "word") words.push({ at: text_position - 1, seconds: audio_position / 1000 });
        return false;
      });
      const samples = new Int16Array(parts.reduce((n, p) => n + p.length, 0));
      let at = 0;
      for (const part of parts) {
        samples.set(part, at);
        at += part.length;
      }
      process.send({ id, done: i + 1, of: sentences.length, samples, sampleRate: speaker.get_samplerate(), words });
    }
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
