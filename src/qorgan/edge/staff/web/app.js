// The staff page. It is silent: no sound, only vibration and words. A press is written down on this phone before it is
// sent, and sent under the same id until the node says that it is on its disk.
const STEPS = ['waiting', 'stored', 'received', 'owned', 'dispatched', 'arrived', 'closed'];
const ORDER = ['waiting', 'stored', 'received', 'owned', 'dispatched', 'en_route', 'arrived', 'closed'];
const ACTIONS = ['lockdown', 'secure', 'hold', 'evacuate', 'shelter', 'all_clear'];
const LANGUAGES = { kk: 'Қаз', ru: 'Рус', en: 'Eng' };
const TRY_WITHIN_MS = 4000;
const MOST_KEPT = 50;
const $ = (id) => document.getElementById(id);

const kept = (name, fallback) => {
  try { return JSON.parse(localStorage.getItem(`qorgan.${name}`)) ?? fallback; } catch { return fallback; }
};
const keep = (name, value) => localStorage.setItem(`qorgan.${name}`, JSON.stringify(value));

let texts = {};
let language = kept('language', navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in LANGUAGES) ?? 'kk');
let token = kept('token', '');
let queue = kept('queue', []);
let alarm = kept('alarm', null);
let me = null;
let notice = '';
let reached = true;

const say = (key) => texts[language]?.[key] ?? key;
const buzz = (...pattern) => navigator.vibrate?.(pattern);

function takeToken() {
  const given = decodeURIComponent(location.hash.slice(1));
  if (!given) return;
  token = given;
  keep('token', token);
  history.replaceState(null, '', location.pathname); // the token stands in no address bar
}

class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
    cache: 'no-store',
    signal: AbortSignal.timeout(TRY_WITHIN_MS),
  });
  reached = true;
  if (!answer.ok) throw new Refused(answer.status, (await answer.json().catch(() => ({}))).code ?? '');
  return answer.json();
}

// Presses

function press(gesture) {
  const one = { press_id: crypto.randomUUID(), gesture, at: Date.now() };
  queue = trimmed([...queue, one]);
  keep('queue', queue);
  alarm = { press_id: one.press_id, state: 'waiting', gesture };
  keep('alarm', alarm);
  notice = '';
  buzz(200);
  draw();
  wake();
}

// Room for fifty; what gives way is the oldest request for assistance, and a call for the police last.
function trimmed(presses) {
  if (presses.length <= MOST_KEPT) return presses;
  const least = presses.find((one) => one.gesture !== 'police') ?? presses[0];
  return presses.filter((one) => one !== least);
}

async function sendOne(one) {
  const ago_s = Math.max(0, (Date.now() - one.at) / 1000);
  const { alarm: id } = await ask('press', { press_id: one.press_id, gesture: one.gesture, ago_s });
  queue = queue.filter((other) => other.press_id !== one.press_id);
  keep('queue', queue);
  if (alarm?.press_id === one.press_id) {
    alarm = { ...alarm, id, state: 'stored' };
    keep('alarm', alarm);
    buzz(80, 60, 80);
  }
}

async function look() {
  me = await ask('me');
  if (!alarm?.id || alarm.state === 'closed') return;
  const { state } = await ask(`alarms/${alarm.id}`);
  if (ORDER.indexOf(state) > ORDER.indexOf(alarm.state)) {
    alarm = { ...alarm, state };
    keep('alarm', alarm);
    buzz(60);
  }
}

// One round at a time: what waits is sent first, the police before everything else.
let waking = () => {};
const wake = () => waking();
async function round() {
  const urgent = (one) => (one.gesture === 'police' ? 0 : 1);
  for (const one of [...queue].sort((a, b) => urgent(a) - urgent(b))) await sendOne(one);
  await look();
}

async function work() {
  let pause = 500;
  for (;;) {
    try {
      if (token) await round();
      pause = document.hidden ? 10_000 : 1500;
      if (me && ['notice.offline', 'notice.not_enrolled'].includes(notice)) notice = '';
      if (!token) notice = 'notice.not_enrolled';
    } catch (error) {
      reached = error instanceof Refused;
      notice = error.status === 401 ? 'notice.not_enrolled' : reached ? notice : 'notice.offline';
      pause = Math.min(pause * 1.7, queue.length ? 2500 : 6000) * (0.6 + 0.4 * Math.random());
    }
    draw();
    await new Promise((done) => {
      const timer = setTimeout(done, pause);
      waking = () => { clearTimeout(timer); done(); };
    });
  }
}

// What needs a code or goes to everybody is sent now or not at all: an hour later it would be wrong.

async function send(path, body) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask(path, body);
    } catch (error) {
      if (error instanceof Refused || attempt === 2) throw error;
    }
  }
}

const REASONS = { 'staff.code': 'notice.code', 'action.right': 'notice.right', 'action.real_stands': 'notice.stands' };
async function order(path, body, done) {
  try {
    await send(path, body);
    notice = done;
    buzz(60);
  } catch (error) {
    notice = REASONS[error.code] ?? 'notice.later';
  }
  draw();
  wake();
}

function askCode(why) {
  $('code-why').textContent = say(why);
  $('digits').value = '';
  $('code').showModal();
  return new Promise((done) => {
    $('code').onclose = () => done($('code').returnValue === 'yes' ? $('digits').value : null);
  });
}

async function cancel() {
  const code = await askCode('cancel.why');
  if (code !== null) await order(`alarms/${alarm.id}/cancel`, { claim_id: crypto.randomUUID(), code }, 'cancel.done');
}

async function act(action) {
  const code = action === 'all_clear' ? await askCode('clear.why') : '';
  if (code !== null) await order('actions', { id: crypto.randomUUID(), action, code }, 'notice.done');
}

// Holding: with a finger, a mouse or a key. Let go too early and nothing happened.

function onHold(button, done) {
  const needed = Number(button.dataset.hold);
  let timer = 0;
  const down = (event) => {
    if (timer || event.repeat || (event.button ?? 0) > 0) return;
    button.style.setProperty('--hold', `${needed}ms`);
    button.classList.add('down');
    buzz(20);
    timer = setTimeout(() => { up(); done(); }, needed);
  };
  const up = () => {
    clearTimeout(timer);
    timer = 0;
    button.classList.remove('down');
  };
  button.addEventListener('pointerdown', (event) => { button.setPointerCapture(event.pointerId); down(event); });
  for (const name of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) button.addEventListener(name, up);
  button.addEventListener('keydown', (event) => {
    if (event.key === ' ' || event.key === 'Enter') { event.preventDefault(); down(event); }
  });
  button.addEventListener('keyup', up);
}

// Drawing

function draw() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = say(element.dataset.text);
  for (const button of $('languages').children) button.setAttribute('aria-pressed', String(button.lang === language));
  $('school').textContent = me ? me.school[language] || me.school.kk : '';
  $('page').hidden = !token;
  $('notice').textContent = notice ? say(notice) : '';
  drawAlarm();
  drawStanding();
}

function drawAlarm() {
  $('told').hidden = !alarm;
  if (!alarm) return;
  const far = ORDER.indexOf(alarm.state);
  $('steps').replaceChildren(...STEPS.filter((step) => step !== 'waiting' || alarm.state === 'waiting').map((step) => {
    const line = document.createElement('li');
    line.textContent = say(`step.${step}`);
    line.dataset.step = step;
    line.classList.toggle('done', ORDER.indexOf(step) <= far);
    return line;
  }));
  $('cancel').hidden = !alarm.id || alarm.state === 'closed';
}

function drawStanding() {
  const standing = me?.standing;
  const clear = !standing || standing.action === 'all_clear';
  $('standing').hidden = clear;
  for (const button of $('actions').children) {
    button.hidden = button.dataset.action === 'all_clear' && (clear || !me.leader);
  }
  if (clear) return;
  $('standing').querySelector('h1').textContent = standing.name[language];
  $('standing-kind').textContent = standing.kind_words?.[language] ?? '';
  $('standing-duty').textContent = standing.duties.adult[language];
}

function build(names) {
  $('languages').append(...Object.entries(LANGUAGES).map(([code, name]) => {
    const button = document.createElement('button');
    Object.assign(button, { lang: code, textContent: name, onclick: () => { language = code; keep('language', code); draw(); } });
    return button;
  }));
  $('actions').append(...names.map((action) => {
    const button = document.createElement('button'), words = document.createElement('strong');
    button.className = 'hold';
    button.dataset.hold = '1500';
    button.dataset.action = action;
    words.dataset.text = `action.${action}`;
    button.append(words);
    onHold(button, () => act(action));
    return button;
  }));
  onHold($('police'), () => press('police'));
  onHold($('assist'), () => press('assist'));
  $('cancel').onclick = cancel;
}

takeToken();
texts = await (await fetch('texts.json')).json();
build(ACTIONS);
draw();
document.addEventListener('contextmenu', (event) => event.preventDefault());
window.addEventListener('online', wake);
window.addEventListener('hashchange', () => { takeToken(); wake(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) wake(); });
if ('serviceWorker' in navigator && isSecureContext) navigator.serviceWorker.register('worker.js');
work();
