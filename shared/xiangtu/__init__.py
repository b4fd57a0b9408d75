"""The Xiangtu core: what both front ends stand on. No Qt, no Kivy, no Android."""
