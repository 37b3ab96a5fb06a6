import type { ReactNode } from "react";

const icon = (path: ReactNode, size = 20) => (
  <svg
    viewBox="0 0 20 20"
    width={size}
    height={size}
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    {path}
  </svg>
);

/** Line icons, 20 units, drawn for this page. Always beside words or inside a labelled control. */
export const icons = {
  /** A brush. */
  make: icon(
    <path d="M16.5 3.5c-3 .6-7 4-8.6 7.2l1.6 1.6c3.2-1.6 6.4-5.8 7-8.800ZM7.2 11.600c-2.2 0-3 1.5-3 3.2-.1 1-.6 1.4-1.2 1.7 2.8.6 5.8-.1 5.8-3.2" />,
  ),
  shelf: icon(<path d="M3 16.500h14M5 16V6.500h3V16M8 16V4h3.500v12M12.5 16.2 11.6 7l2.7-.4 1.3 9.5" />),
  verify: icon(
    <>
      <circle cx="9" cy="9" r="5.5" />
      <path d="m13.2 13.2 3.8 3.800M6.8 9l1.6 1.6 2.9-3" />
    </>,
  ),
  ledger: icon(<path d="M5 3.500h10v13H5zM7.5 7h5M7.5 10h5M7.5 13h3" />),
  /** A curve that falls. */
  lab: icon(<path d="M3.5 3.500v13h13M6 6c1.2 5.500 3.4 7.700 9.5 8" />),
  settings: icon(
    <>
      <path d="M3 6h6M13 6h4M3 14h3M10 14h7" />
      <circle cx="11" cy="6" r="2" />
      <circle cx="8" cy="14" r="2" />
    </>,
  ),
  close: icon(<path d="m5 5 10 10M15 5 5 15" />),
  play: icon(<path d="M7 4.500v11l8.5-5.500Z" fill="currentColor" />, 22),
  pause: icon(<path d="M7 5v10M13 5v10" strokeWidth="2.5" />, 22),
  sound: icon(<path d="M3 9v2M6 6.500v7M9 4v12M12 7v6M15 5.500v9M18 9v2" />, 44),
  picture: icon(<path d="M3.5 4h13v12h-13zM4 14l4-4.5 3 3L13.5 10l2.8 3M12.5 7.300h.1" />, 44),
  film: icon(<path d="M3.5 5h13v10h-13zM8.5 8v4l3.5-2Z" />, 44),
  words: icon(<path d="M5 3.500h7l3 3v10H5zM7.5 9h5M7.5 12h5" />, 44),
  tick: icon(<path d="m4 10.5 4 4 8-9" />, 16),
  cross: icon(<path d="m5 5 10 10M15 5 5 15" />, 16),
  query: icon(<path d="M7 7.500a3 3 0 1 1 4.3 2.700c-.9.5-1.3 1-1.3 2M10 15h.01" />, 16),
  dash: icon(<path d="M5 10h10" />, 16),
} as const;
