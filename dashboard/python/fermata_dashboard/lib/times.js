// When a schedule starts its work, in words and as the expression that the server takes.
const WEEK = { MON: "Mondays", TUE: "Tuesdays", WED: "Wednesdays", THU: "Thursdays", FRI: "Fridays", SAT: "Saturdays", SUN: "Sundays", "MON-FRI": "weekdays", "SAT,SUN": "weekends" };
const two = (text) => text.padStart(2, "0");

export const OFTEN = { "rate(15 minutes)": "Every 15 minutes", "rate(1 hour)": "Every hour", daily: "Every day", "MON-FRI": "On weekdays", weekly: "Once a week", monthly: "Once a month", own: "By an expression" };
export const DAYS = Object.fromEntries(Object.entries(WEEK).filter(([day]) => day.length === 3));

/** The expression of what was chosen. */
export function expressionOf({ often, time, day, own }) {
  if (often === "own") return own.trim();
  if (often.startsWith("rate")) return often;
  const [hour, minute] = time.split(":").map(Number);
  if (often === "daily") return `cron(${minute} ${hour} * * ? *)`;
  if (often === "monthly") return `cron(${minute} ${hour} 1 * ? *)`;
  return `cron(${minute} ${hour} ? * ${often === "weekly" ? day : often} *)`;
}

/** What a form shows for an expression. */
export function chosen(expression) {
  const none = { often: "daily", time: "02:30", day: "MON", own: "" };
  if (!expression) return none;
  const [, minute, hour, month, day] = expression.match(/^cron\((\d+) (\d+) (\*|\?|1) \* (\?|\*|[A-Z]{3}(?:-[A-Z]{3})?) \*\)$/) ?? [];
  const time = minute && `${two(hour)}:${two(minute)}`;
  if (expression in OFTEN) return { ...none, often: expression };
  if (time && month === "*" && day === "?") return { ...none, often: "daily", time };
  if (time && month === "1") return { ...none, often: "monthly", time };
  if (time && day === "MON-FRI") return { ...none, often: day, time };
  if (time && day in DAYS) return { ...none, often: "weekly", time, day };
  return { ...none, often: "own", own: expression };
}

/** An expression in words, where it is a plain one. */
export function spoken(expression) {
  const rate = expression.match(/^rate\((\d+) (\w+)\)$/);
  if (rate) return rate[1] === "1" ? `every ${rate[2]}` : `every ${rate[1]} ${rate[2]}`;
  const once = expression.match(/^at\((.+)\)$/);
  if (once) return `once, at ${once[1].replace("T", " ")}`;
  const cron = expression.match(/^cron\((\d+) (\d+) (\S+) (\S+) (\S+) \*\)$/);
  if (!cron) return expression;
  const [, minute, hour, date, month, day] = cron;
  const at = `at ${two(hour)}:${two(minute)}`;
  if (month !== "*") return expression;
  if (/^[*?]$/.test(date) && /^[*?]$/.test(day)) return `every day ${at}`;
  if (date === "1" && day === "?") return `on the first of each month ${at}`;
  if (/^[*?]$/.test(date) && WEEK[day]) return `on ${WEEK[day]} ${at}`;
  return expression;
}

export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
