/** Grams of CO2-equivalent of a kilowatt-hour: the world's mean of 2023 (Ember, Global Electricity Review 2024). Give your own grid's. */
export const worldGramsPerKwh = 480;
export const gramsCo2e = (joules: number, gramsPerKwh = worldGramsPerKwh): number => (joules / 3.6e6) * gramsPerKwh;
