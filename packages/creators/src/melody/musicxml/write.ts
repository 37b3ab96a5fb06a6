/** A piece as MusicXML 4.0 (W3C), partwise: each voice is a part. */
import { fifthsOf, signatureAlter } from "../score/key.ts";
import type { Piece, Voice } from "../score/piece.ts";
import { letterOf, mod, octaveOf } from "../score/pitch.ts";
import { type Bar, barTicks, beatTicks, type Sound, ticksOf, wholeTicks } from "../score/tune.ts";
import { noteValue, writable } from "../score/value.ts";

const kinds = ["whole", "half", "quarter", "eighth", "16th", "32nd"] as const;

export interface XmlWords {
  /** Who made it, for `identification`. */
  readonly software?: string;
}

export function writeMusicXml(piece: Piece, { software = "Inkseal" }: XmlWords = {}): string {
  const { title, voices } = piece;
  const list = voices.map(
    ({ name, program }, i) =>
      `<score-part id="P${i + 1}"><part-name>${escapeXml(name)}</part-name><score-instrument id="P${i + 1}-I1"><instrument-name>${escapeXml(name)}</instrument-name></score-instrument><midi-instrument id="P${i + 1}-I1"><midi-channel>${i < 9 ? i + 1 : i + 2}</midi-channel><midi-program>${program + 1}</midi-program></midi-instrument></score-part>`,
  );
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">',
    '<score-partwise version="4.0">',
    `<work><work-title>${escapeXml(title)}</work-title></work>`,
    `<identification><encoding><software>${escapeXml(software)}</software></encoding></identification>`,
    `<part-list>${list.join("")}</part-list>`,
    ...voices.flatMap((voice, i) => [`<part id="P${i + 1}">`, ...measures(piece, voice, i === 0), "</part>"]),
    "</score-partwise>",
  ];
  return `${lines.join("\n")}\n`;
}

function measures(piece: Piece, voice: Voice, first: boolean): string[] {
  const out: string[] = [];
  const flat = voice.parts.flatMap(({ upbeat, bars, repeated }, p) => {
    const all = upbeat.length > 0 ? [upbeat, ...bars] : bars;
    return all.map((bar, b) => ({
      bar,
      begins: b === 0 && repeated,
      ends: b === all.length - 1,
      repeated,
      last: p === voice.parts.length - 1,
    }));
  });
  flat.forEach(({ bar, begins, ends, repeated, last }, i) => {
    const short = ticksOf(bar) < barTicks(piece.metre);
    const body = [
      begins ? '<barline location="left"><bar-style>heavy-light</bar-style><repeat direction="forward"/></barline>' : "",
      i === 0 ? attributes(piece, voice) + (first ? tempo(piece) : "") : "",
      ...notes(bar, piece, flat[i + 1]?.bar),
      ends && (repeated || last)
        ? `<barline location="right"><bar-style>light-heavy</bar-style>${repeated ? '<repeat direction="backward"/>' : ""}</barline>`
        : ends
          ? '<barline location="right"><bar-style>light-light</bar-style></barline>'
          : "",
    ];
    out.push(`<measure number="${i + 1}"${short ? ' implicit="yes"' : ""}>`, ...body.filter(Boolean), "</measure>");
  });
  return out;
}

function attributes({ key, metre }: Piece, { clef }: Voice): string {
  const sign = clef === "treble" ? "<sign>G</sign><line>2</line>" : "<sign>F</sign><line>4</line>";
  return `<attributes><divisions>${wholeTicks / 4}</divisions><key><fifths>${fifthsOf(key)}</fifths><mode>${key.mode}</mode></key><time><beats>${metre.beats}</beats><beat-type>${metre.unit}</beat-type></time><clef>${sign}</clef></attributes>`;
}
function tempo({ metre, tempo }: Piece): string {
  const beat = beatTicks(metre);
  const { kind, dots } = noteValue(beat)!;
  return `<direction placement="above"><direction-type><metronome><beat-unit>${kinds[kind]}</beat-unit>${"<beat-unit-dot/>".repeat(dots)}<per-minute>${tempo}</per-minute></metronome></direction-type><sound tempo="${Math.round((tempo * beat * 4) / wholeTicks)}"/></direction>`;
}

function* notes(bar: Bar, { key }: Piece, next: Bar | undefined): Generator<string> {
  const altered = new Map<number, number>();
  let inTriplet = 0;
  for (const [i, sound] of bar.entries()) {
    const pieces = writable(sound.ticks);
    for (const [j, ticks] of pieces.entries()) {
      const more = j < pieces.length - 1;
      const stop = j > 0 || sound.held === true;
      const start = sound.pitch !== undefined && (more || ((bar[i + 1] ?? next?.[0])?.held ?? false));
      const value = noteValue(ticks);
      let triplet = "";
      if (value?.triplet) {
        if (inTriplet === 0) triplet = "start";
        inTriplet += ticks;
        if (inTriplet % 12 === 0) {
          triplet = triplet === "start" ? "" : "stop";
          inTriplet = 0;
        }
      }
      yield note(sound, {
        ticks,
        stop: stop && sound.pitch !== undefined,
        start,
        triplet,
        altered,
        fifth: (letter) => signatureAlter(key, letter),
      });
    }
  }
}
interface Written {
  readonly ticks: number;
  readonly stop: boolean;
  readonly start: boolean;
  readonly triplet: string;
  readonly altered: Map<number, number>;
  readonly fifth: (letter: number) => number;
}
function note({ pitch }: Sound, { ticks, stop, start, triplet, altered, fifth }: Written): string {
  const value = noteValue(ticks);
  const alter = pitch?.alter ? `<alter>${pitch.alter}</alter>` : "";
  const head = pitch ? `<pitch><step>${letterOf(pitch)}</step>${alter}<octave>${octaveOf(pitch)}</octave></pitch>` : "<rest/>";
  const ties = `${stop ? '<tie type="stop"/>' : ""}${start ? '<tie type="start"/>' : ""}`;
  let accidental = "";
  if (pitch && !stop && (altered.get(pitch.step) ?? fifth(mod(pitch.step, 7))) !== pitch.alter) {
    altered.set(pitch.step, pitch.alter);
    accidental = `<accidental>${["flat-flat", "flat", "natural", "sharp", "double-sharp"][pitch.alter + 2]}</accidental>`;
  }
  const type = value ? `<type>${kinds[value.kind]}</type>${"<dot/>".repeat(value.dots)}` : "";
  const modified = value?.triplet
    ? "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
    : "";
  const notations = [
    stop ? '<tied type="stop"/>' : "",
    start ? '<tied type="start"/>' : "",
    triplet ? `<tuplet type="${triplet}"/>` : "",
  ].join("");
  return `<note>${head}<duration>${ticks}</duration>${ties}<voice>1</voice>${type}${accidental}${modified}${notations ? `<notations>${notations}</notations>` : ""}</note>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!);
