/** The character 印, outline from Noto Serif SC at weight 700 (SIL OFL 1.1), in a 64-unit square. */
const yin =
  "M12.5 12.8 18.6 15.7H17.9V18.5Q17.9 18.5 16.6 18.5Q15.4 18.5 12.5 18.5V15.7ZM11.8 41.1Q13.4 40.8 16.4 40.3Q19.4 39.8 23.1 39Q26.9 38.3 30.8 37.5L30.9 38Q28.4 39.5 23.8 41.9Q19.2 44.3 13.4 46.9ZM16.6 16.6 17.9 17.4V41.7L12.7 43.5L15.2 41.7Q15.5 43.5 15.1 44.7Q14.7 45.9 14.1 46.6Q13.4 47.3 12.7 47.6L10.2 41.4Q11.7 40.8 12.1 40.3Q12.5 39.8 12.5 38.9V16.6ZM31.8 15.1Q31.4 15.4 31 15.5Q30.5 15.5 29.8 15.3Q27.7 15.9 25.1 16.3Q22.5 16.7 20.1 17Q17.7 17.2 16 17.2L15.8 16.6Q17.3 15.9 19.2 14.8Q21.1 13.7 23.1 12.5Q25.1 11.2 26.8 10ZM45.9 15.3 48.4 12.4 53.8 16.6Q53.3 17.3 51.9 17.6V40.1Q51.9 42 51.4 43.3Q50.9 44.6 49.4 45.4Q47.9 46.2 44.7 46.5Q44.6 45.2 44.3 44.2Q44.1 43.3 43.6 42.7Q43 42 42.1 41.6Q41.2 41.1 39.4 40.8V40.2Q39.4 40.2 40.2 40.2Q40.9 40.3 42 40.3Q43 40.4 43.9 40.4Q44.9 40.5 45.3 40.5Q45.9 40.5 46.1 40.2Q46.3 40 46.3 39.5V15.3ZM32.5 12.5 38.6 15.3H38V52.3Q38 52.5 37.5 52.9Q36.9 53.3 35.9 53.6Q34.9 54 33.5 54H32.5V15.3ZM25.4 24.1Q25.4 24.1 25.9 24.5Q26.5 24.9 27.3 25.6Q28.1 26.3 29 27.1Q29.9 27.9 30.6 28.6Q30.4 29.3 29.3 29.3H15.9V28H22.5ZM48.3 15.3V16.7H36.1V15.3Z";

/**
 * The product's signature: a red seal. `open` is the seal not (or not validly) pressed: outline only.
 * Purely decorative unless `label` is given.
 */
export function Seal({ size = 28, label, open = false }: { size?: number; label?: string; open?: boolean }) {
  const body = (
    <>
      <rect className="seal-ground" x="2" y="2" width="60" height="60" rx="8" />
      <path className="seal-glyph" d={yin} />
    </>
  );
  const shared = { className: open ? "seal seal-open" : "seal", viewBox: "0 0 64 64", width: size, height: size };
  if (label === undefined)
    return (
      <svg {...shared} aria-hidden="true">
        {body}
      </svg>
    );
  return (
    <svg {...shared} role="img" aria-label={label}>
      {body}
    </svg>
  );
}
