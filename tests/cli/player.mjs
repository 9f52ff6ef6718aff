// Runs the script of a page that `workspace shell record --format html` wrote, on the few parts of a browser that it
// uses, to the end of the recording; prints the screen, the time, and the elements that it has made.
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
    addEventListener() {}
}

const elements = {};
const get = id => elements[id] ??= new Element();
get('frames').textContent = data;
get('speed').value = '1';
const frames = [];
const document = {
    title: 'recording',
    getElementById: get,
    addEventListener() {},
    createElement(name) {
        made.add(name);
        return new Element();
    },
};
new Function('document', 'performance', 'requestAnimationFrame', script)(document, { now: () => 0 },
    next => frames.push(next));
for (let now = 100; frames.length; now += 100)
    frames.shift()(now);
console.log(get('screen').children.map(line => line.textContent.trimEnd()).join('\n'));
console.log(`${get('time').textContent} ${get('play').textContent} ${[...made].join()}`);
