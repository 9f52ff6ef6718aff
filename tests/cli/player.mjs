// Runs the script of a page that `workspace shell record --format html` wrote, on the few parts of a browser that it
// uses, to the end of the recording; prints the screen, the time, and the elements that it has made. Then what its
// buttons and keys do: paused, sought, at four times the speed.
import { readFileSync } from 'node:fs';

const page = readFileSync(process.argv[2], 'utf8');
const data = page.match(/id="frames">([\s\S]*?)<\/script>/)[1];
const script = page.match(/<\/style>\n<script>([\s\S]*)<\/script>/)[1];
const made = new Set();

class Element {
    children = [];
    style = {};
    text = '';
    set textContent(text) {
        this.text = text;
        this.children = [];
    }
    get textContent() {
        return this.text + this.children.map(child => child.textContent).join('');
    }
    appendChild(child) {
        this.children.push(child);
        return child;
    }
    listeners = {};
    addEventListener(name, listener) {
        this.listeners[name] = listener;
    }
}

const elements = {};
const get = id => elements[id] ??= new Element();
get('frames').textContent = data;
get('speed').value = '1';
const frames = [];
let keys, now = 0;

const document = {
    title: 'recording',
    getElementById: get,
    addEventListener(name, listener) {
        keys = listener;
    },
    createElement(name) {
        made.add(name);
        return new Element();
    },
};
new Function('document', 'performance', 'requestAnimationFrame', script)(document, { now: () => now },
    next => frames.push(next));
const play = () => {
    now += 100;
    frames.shift()(now);
};
while (frames.length)
    play();
console.log(get('screen').children.map(line => line.textContent.trimEnd()).join('\n'));
console.log(`played: ${get('time').textContent} ${get('play').textContent} ${[...made].join()}`);

const place = get('place');
const press = key => keys({ key, preventDefault() {} });
const step = (what, right) => console.log(`${right ? 'ok' : 'wrong'}: ${what} (${place.value})`);
place.value = '0';
place.listeners.input();
step('the slider seeks', place.value === 0 && get('time').textContent.startsWith('0:00 /'));
get('play').listeners.click();
play();
step('it plays', place.value === 100 && get('play').textContent === 'Pause');
get('speed').value = '4';
play();
step('four times as fast', place.value === 500);
get('play').listeners.click();
play();
step('it pauses', place.value === 500 && !frames.length && get('play').textContent === 'Play');
press('ArrowLeft');
step('a key seeks', place.value === 0);
press(' ');
step('a key plays', get('play').textContent === 'Pause');
